import type { IModel } from '../transport/comm';
import type { View } from '../ui/view';

const PAUSE = 300;

/** Keep the view state and the model's `view` trait alike, in both directions. */
export function keepView(model: IModel, view: View): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const load = (): void => view.load(model.get('view'));
  load();
  model.on('change:view', load);
  const stop = view.changed.connect(() => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      model.set('view', { ...(model.get('view') as object), ...view.save() });
      model.save_changes();
    }, PAUSE);
  });
  return () => {
    clearTimeout(timer);
    stop();
    model.off('change:view', load);
  };
}
