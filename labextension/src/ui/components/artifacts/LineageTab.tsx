import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type INode, type IVersionRef, readLineage } from '../../../transport/artifacts';
import type { Client } from '../../../transport/client';
import { useAnswer } from '../../artifacts/answer';
import { BOX, type ILayout, type IPlaced, layOut, neighbour } from '../../artifacts/layout';
import { type INav, parseId, useNav } from '../../artifacts/nav';
import { shortId } from '../../labels';
import { t } from '../../text';
import { ErrorNote, Loading } from '../Notes';

const DEPTHS = [3, 6, 10];

/** Where a version comes from and what came of it; each node can be walked to by mouse and by arrow keys. */
export function LineageTab({ client, at }: { client: Client; at: IVersionRef }): JSX.Element {
  const [depth, setDepth] = useState(DEPTHS[0]);
  const { value, problem, retry } = useAnswer(client, () => readLineage(client, at, depth), [
    at,
    depth
  ]);
  const layout = useMemo(() => value && layOut(value), [value]);
  if (!value || !layout) {
    return problem ? <ErrorNote message={problem} onRetry={retry} /> : <Loading rows={4} />;
  }
  const deeper = DEPTHS.find(one => one > depth);
  return (
    <>
      <Graph layout={layout} root={value.root_artifact} type={at.type} />
      <p class="rn-muted rn-lineage-note">
        {layout.nodes.size === 1
          ? t('No run is known to have made or used this version.')
          : t('A click opens; arrow keys walk from node to node, Enter opens.')}{' '}
        {value.truncated && deeper && (
          <button class="rn-link" onClick={() => setDepth(deeper)}>
            {t('Show more of it')}
          </button>
        )}
      </p>
    </>
  );
}

interface IGraph {
  readonly layout: ILayout;
  readonly root: string;
  readonly type: string;
}

function Graph({ layout, root, type }: IGraph): JSX.Element {
  const nav = useNav();
  const [at, setAt] = useState(root);
  const box = useRef<SVGSVGElement>(null);
  useLayoutEffect(() => {
    const frame = box.current?.parentElement;
    const { x = 0, y = 0 } = layout.nodes.get(root) ?? {};
    frame?.scrollTo(
      x - (frame.clientWidth - BOX.width) / 2,
      y - (frame.clientHeight - BOX.height) / 2
    );
  }, [layout]);
  const walk = (event: KeyboardEvent, id: string): void => {
    const next = neighbour(layout, id, event.key);
    if (event.key.startsWith('Arrow')) {
      event.preventDefault();
    }
    if (next) {
      setAt(next);
      box.current?.querySelector<SVGGElement>(`[data-node="${CSS.escape(next)}"]`)?.focus();
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      open(nav, layout.nodes.get(id)!.node, type);
    }
  };
  return (
    <div class="rn-lineage">
      <svg
        ref={box}
        width={layout.width}
        height={layout.height}
        role="group"
        aria-label={t('Lineage')}
      >
        {layout.edges.map(edge => (
          <Edge key={`${edge.source} ${edge.target}`} layout={layout} {...edge} />
        ))}
        {[...layout.nodes.values()].map(placed => (
          <Node
            key={placed.node.node_id}
            placed={placed}
            root={placed.node.node_id === root}
            reached={placed.node.node_id === at}
            onOpen={() => open(nav, placed.node, type)}
            onKey={event => walk(event, placed.node.node_id)}
            onFocus={() => setAt(placed.node.node_id)}
          />
        ))}
      </svg>
    </div>
  );
}

function open(nav: INav | null, node: INode, type: string): void {
  if (node.node_type === 'run') {
    nav?.openRun?.(node.node_id.replace(/^run:/, ''));
  }
  const artifact = node.node_type === 'artifact' ? parseId(node.node_id) : null;
  if (artifact) {
    const told = node.metadata.type;
    nav?.openArtifact({ ...artifact, type: typeof told === 'string' ? told : type });
  }
}

function Edge(props: { layout: ILayout; source: string; target: string }): JSX.Element {
  const { layout, source, target } = props;
  const from = layout.nodes.get(source)!;
  const to = layout.nodes.get(target)!;
  const x0 = from.x + BOX.width;
  const y0 = from.y + BOX.height / 2;
  const x1 = to.x - 1;
  const y1 = to.y + BOX.height / 2;
  const bend = Math.max(32, Math.abs(x1 - x0) / 2);
  return (
    <g class="rn-edge">
      <path d={`M${x0} ${y0}C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1 - 6} ${y1}`} />
      <path d={`M${x1 - 7} ${y1 - 4}l6 4l-6 4`} />
    </g>
  );
}

/** Letters that fit into a box. */
const LETTERS = 21;

function Node(props: {
  placed: IPlaced;
  root: boolean;
  reached: boolean;
  onOpen: () => void;
  onKey: (event: KeyboardEvent) => void;
  onFocus: () => void;
}): JSX.Element {
  const { placed, root, reached, onOpen, onKey, onFocus } = props;
  const { node, x, y } = placed;
  const kind = kindOf(node);
  const name = nameOf(node);
  return (
    <g
      class={`rn-node rn-node-${node.node_type}${root ? ' rn-node-root' : ''}`}
      data-node={node.node_id}
      transform={`translate(${x} ${y})`}
      role="button"
      tabindex={reached ? 0 : -1}
      aria-label={`${kind} ${name}`}
      aria-current={root ? 'true' : undefined}
      onClick={onOpen}
      onKeyDown={onKey}
      onFocus={onFocus}
    >
      <title>{node.node_id.replace(/^(run|asset):/, '')}</title>
      <rect width={BOX.width} height={BOX.height} rx={node.node_type === 'run' ? 22 : 6} />
      <text class="rn-node-kind" x={16} y={18}>
        {kind}
      </text>
      <text x={16} y={34}>
        {name.length > LETTERS ? `${name.slice(0, LETTERS - 1)}…` : name}
      </text>
    </g>
  );
}

/** The name of a run's experiment and what tells it apart, or what the server calls the node. */
function nameOf({ node_type: kind, node_id: id, label, metadata }: INode): string {
  const experiment = typeof metadata.name === 'string' ? `${metadata.name} ` : '';
  return kind === 'run' ? experiment + shortId(id.replace(/^run:/, '')) : label;
}

function kindOf({ node_type: kind, metadata }: INode): string {
  const told = metadata.type;
  return kind === 'run' ? t('run') : typeof told === 'string' ? told : t(kind);
}
