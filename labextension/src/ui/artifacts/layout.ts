import type { ILineage, INode } from '../../transport/artifacts';

/** A node with its place; `x` and `y` are its upper left corner in pixels. */
export interface IPlaced {
  readonly node: INode;
  readonly x: number;
  readonly y: number;
  readonly layer: number;
}

/** A graph laid out from left to right. */
export interface ILayout {
  readonly nodes: ReadonlyMap<string, IPlaced>;
  readonly edges: readonly { readonly source: string; readonly target: string }[];
  readonly width: number;
  readonly height: number;
}

export const BOX = { width: 172, height: 44 };
const GAP = { x: 48, y: 16 };
const MARGIN = 8;

/**
 * Lay a graph out in layers: every edge leads to the right, except where a circle makes that impossible. Within a
 * layer nodes stand near what they are tied to.
 */
export function layOut({ nodes, edges }: ILineage): ILayout {
  const known = new Set(nodes.map(node => node.node_id));
  const tied = edges.filter(
    ({ source, target }) => source !== target && known.has(source) && known.has(target)
  );
  const layers = layered(nodes, tied);
  const rows = arranged(layers, tied);
  const tallest = Math.max(0, ...rows.map(row => row.length));
  const placed = new Map<string, IPlaced>();
  rows.forEach((row, layer) => {
    const above = ((tallest - row.length) * (BOX.height + GAP.y)) / 2;
    row.forEach((node, i) => {
      const x = MARGIN + layer * (BOX.width + GAP.x);
      const y = MARGIN + above + i * (BOX.height + GAP.y);
      placed.set(node.node_id, { node, x, y, layer });
    });
  });
  return {
    nodes: placed,
    edges: tied,
    width: 2 * MARGIN + rows.length * (BOX.width + GAP.x) - GAP.x,
    height: 2 * MARGIN + tallest * (BOX.height + GAP.y) - GAP.y
  };
}

type Edges = ILayout['edges'];

/** Put each node one layer behind the last of those it comes from; an edge that closes a circle is passed over. */
function layered(nodes: readonly INode[], edges: Edges): INode[][] {
  const sources = new Map<string, string[]>();
  edges.forEach(({ source, target }) =>
    sources.set(target, [...(sources.get(target) ?? []), source])
  );
  const layer = new Map<string, number>();
  const open = new Set<string>();
  const depth = (id: string): number => {
    const known = layer.get(id);
    if (known !== undefined) {
      return known;
    }
    open.add(id);
    const before = (sources.get(id) ?? []).filter(source => !open.has(source)).map(depth);
    open.delete(id);
    const at = Math.max(-1, ...before) + 1;
    layer.set(id, at);
    return at;
  };
  const rows: INode[][] = [];
  for (const node of nodes) {
    (rows[depth(node.node_id)] ??= []).push(node);
  }
  return Array.from(rows, row => row ?? []).filter(row => row.length > 0);
}

/** Order each layer by the mean place of its neighbours, forth and back. */
function arranged(layers: INode[][], edges: Edges): INode[][] {
  const place = new Map<string, number>();
  const note = (row: readonly INode[]): void =>
    row.forEach((node, i) => place.set(node.node_id, i - (row.length - 1) / 2));
  layers.forEach(note);
  const around = new Map<string, string[]>();
  edges.forEach(({ source, target }) => {
    around.set(source, [...(around.get(source) ?? []), target]);
    around.set(target, [...(around.get(target) ?? []), source]);
  });
  const mean = ({ node_id: id }: INode): number => {
    const places = (around.get(id) ?? [id]).map(one => place.get(one) ?? 0);
    return places.reduce((sum, one) => sum + one, 0) / places.length;
  };
  let rows = layers;
  for (const forth of [true, false, true]) {
    rows = forth ? rows : [...rows].reverse();
    rows = rows.map(row => {
      const sorted = [...row].sort((a, b) => mean(a) - mean(b));
      note(sorted);
      return sorted;
    });
    rows = forth ? rows : [...rows].reverse();
  }
  return rows;
}

/** Where an arrow key leads from a node; null when there is nothing. */
export function neighbour(layout: ILayout, from: string, key: string): string | null {
  const here = layout.nodes.get(from);
  if (!here) {
    return null;
  }
  const near = (ids: readonly string[]): string | null =>
    [...ids].sort((a, b) => distance(layout, here, a) - distance(layout, here, b))[0] ?? null;
  if (key === 'ArrowRight' || key === 'ArrowLeft') {
    const [out, into] =
      key === 'ArrowRight' ? (['source', 'target'] as const) : (['target', 'source'] as const);
    return near(layout.edges.filter(edge => edge[out] === from).map(edge => edge[into]));
  }
  if (key !== 'ArrowUp' && key !== 'ArrowDown') {
    return null;
  }
  const column = [...layout.nodes.values()].filter(({ layer }) => layer === here.layer);
  return near(
    column
      .filter(({ y }) => (key === 'ArrowUp' ? y < here.y : y > here.y))
      .map(({ node }) => node.node_id)
  );
}

function distance(layout: ILayout, here: IPlaced, id: string): number {
  return Math.abs((layout.nodes.get(id)?.y ?? Infinity) - here.y);
}
