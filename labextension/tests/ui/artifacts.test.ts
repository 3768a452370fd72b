import { expect, test } from 'vitest';
import type { ILineage } from '../../src/transport/artifacts';
import { diffFiles, diffValues } from '../../src/ui/artifacts/diff';
import { layOut, neighbour } from '../../src/ui/artifacts/layout';
import { parseId } from '../../src/ui/artifacts/nav';
import { preview } from '../../src/ui/artifacts/preview';
import { bytes } from '../../src/ui/format';
import { parsed } from '../make';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function graph(edges: [string, string][]): ILineage {
  const ids = [...new Set(edges.flat())];
  return {
    root_artifact: ids[0],
    nodes: ids.map(id => ({ node_type: 'run', node_id: id, label: id, metadata: {} })),
    edges: edges.map(([source, target]) => ({ source, target }))
  };
}

test('every edge leads to the right, and nothing lies over anything', () => {
  const { nodes, edges } = layOut(
    graph([
      ['data', 'a'],
      ['data', 'b'],
      ['a', 'model'],
      ['b', 'model'],
      ['data', 'model']
    ])
  );
  for (const { source, target } of edges) {
    expect(nodes.get(source)!.x).toBeLessThan(nodes.get(target)!.x);
  }
  const places = [...nodes.values()].map(({ x, y }) => `${x},${y}`);
  expect(new Set(places).size).toBe(4);
});

test('a circle and an edge to nowhere are drawn all the same', () => {
  const circle = graph([
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'a']
  ]);
  const layout = layOut({ ...circle, edges: [...circle.edges, { source: 'a', target: 'gone' }] });
  expect([...layout.nodes.keys()].sort()).toEqual(['a', 'b', 'c']);
  expect(layout.edges).toHaveLength(3);
  expect(layOut({ ...circle, nodes: [], edges: [] }).nodes.size).toBe(0);
});

test('arrow keys lead along edges and within a layer', () => {
  const layout = layOut(
    graph([
      ['data', 'a'],
      ['data', 'b'],
      ['a', 'model']
    ])
  );
  const first = neighbour(layout, 'data', 'ArrowRight')!;
  expect(['a', 'b']).toContain(first);
  expect(neighbour(layout, 'a', 'ArrowLeft')).toBe('data');
  expect(neighbour(layout, 'a', 'ArrowRight')).toBe('model');
  const other = neighbour(layout, 'a', 'ArrowDown') ?? neighbour(layout, 'a', 'ArrowUp');
  expect(other).toBe('b');
  expect(neighbour(layout, 'data', 'ArrowUp')).toBeNull();
  expect(neighbour(layout, 'data', 'x')).toBeNull();
});

test('files are compared by digest, metadata by value, strange names included', () => {
  const file = (path: string, digest: string) => ({ path, digest, size: 1 });
  const before = [file('same', '1'), file('old', '2'), file('changed', '3')];
  const after = [file('changed', '4'), file('same', '1'), file('__proto__', '5')];
  expect(diffFiles(before, after).map(({ name, kind }) => `${kind} ${name}`)).toEqual([
    'added __proto__',
    'changed changed',
    'removed old'
  ]);
  const old = parsed<Record<string, unknown>>('{"a": {"b": 1}, "__proto__": 1}');
  expect(diffValues(old, { a: { b: 2 } })).toEqual([
    { name: '__proto__', kind: 'removed', before: 1 },
    { name: 'a.b', kind: 'changed', before: 1, after: 2 }
  ]);
});

test('a table is read with its quotes, text stays text, and bytes are neither', () => {
  const csv = 'id,note\r\n1,"a, ""b""\nc"\r\n2,\r\n';
  expect(preview('x.csv', encode(csv), csv.length)).toEqual({
    kind: 'table',
    rows: [
      ['id', 'note'],
      ['1', 'a, "b"\nc'],
      ['2', '']
    ],
    cut: false
  });
  const lines = '{"a": 1}\n{"b": "x", "__proto__": 2}\n{"cut';
  expect(preview('x.jsonl', encode(lines), 999)).toEqual({
    kind: 'table',
    rows: [
      ['a', 'b', '__proto__'],
      ['1', '', ''],
      ['', 'x', '2']
    ],
    cut: true
  });
  expect(preview('x.txt', encode('häh').subarray(0, 2), 4)).toMatchObject({ text: 'h' });
  expect(preview('x.txt', new Uint8Array([1, 0, 2]), 3).kind).toBe('none');
  expect(preview('x.txt', new Uint8Array([0xff, 0xfe]), 2).kind).toBe('none');
});

test('an id of the graph names an artifact and its version, colons included', () => {
  expect(parseId('a:b:v12')).toEqual({ name: 'a:b', version: 12 });
  expect(parseId('run:2026')).toBeNull();
});

test('bytes are told in the unit that fits', () => {
  const told = [0, 999, 1000, 1234567, null].map(bytes);
  expect(told).toEqual(['0 B', '999 B', '1 kB', '1.23 MB', '–']);
});
