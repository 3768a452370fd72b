import { render } from 'preact';
import { expect, test } from 'vitest';
import { Context, type IContext } from '../../src/ui/hooks';
import { EmptyState } from '../../src/ui/components/Notes';

function shown(far?: IContext['far']): string {
  const box = document.createElement('div');
  const context = { far } as IContext;
  render(
    <Context.Provider value={context}>
      <EmptyState />
    </Context.Provider>,
    box
  );
  return box.textContent!;
}

test('the first run of another host is made there, in its folder', () => {
  expect(shown()).toContain('name="first", config=');
  const there = shown({ host: 'gpu1', root: '/data/$& runs' });
  expect(there).toContain('Three lines of Python on gpu1');
  expect(there).toContain('name="first", storage="/data/$& runs", config=');
});
