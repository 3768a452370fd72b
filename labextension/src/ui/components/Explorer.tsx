import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { ago, number } from '../format';
import { useFollow, useNow, useStatus, useStore } from '../hooks';
import { shortId } from '../labels';
import { isLive, type IRun } from '../model';
import { useSearch } from '../search';
import { t } from '../text';
import { began } from './columns';
import { Icon } from './Icon';
import { NoRuns } from './NoRuns';
import { QueryBox } from './QueryBox';
import { StateChip } from './StateChip';
import { shownOf } from './RunTable';

interface IProps {
  readonly onOpen: (run: IRun) => void;
  readonly onProject?: (project: string) => void;
  /** The run that is open, drawn as such. */
  readonly current?: string;
  /** Whether somebody else on the screen says how to make a run. */
  readonly brief?: boolean;
  /** Where the host shows the recycle bin. */
  readonly onBin?: () => void;
  /** Where the host shows artifacts. */
  readonly onArtifacts?: () => void;
}

/** Up to so many runs every experiment stands open. */
const FEW = 40;

/** Runs drawn in one branch before "Show more". */
const BRANCH = 50;

/** Projects, experiments and runs as a tree that lives. */
export function Explorer(props: IProps): JSX.Element {
  const { onOpen, onProject, current, brief } = props;
  useFollow({ list: true });
  const store = useStore('runs');
  const all = useMemo(() => [...store.runs.values()], [store.runs]);
  const search = useSearch(all, true);
  const { kept } = search;
  const tree = useMemo(() => grow(kept), [kept]);
  const total = Math.max(store.total, all.length);
  const branches = useBranches(search.text !== '', total <= FEW, store.complete);
  if (all.length === 0) {
    return <NoRuns brief={brief} />;
  }
  return (
    <nav class="rn-explorer" aria-label={t('Runs')}>
      <QueryBox {...search} runs={all} label={t('Filter runs')} />
      <div class="rn-tree">
        {[...tree].map(([project, names]) => (
          <section key={project}>
            <Branch
              level={0}
              title={project}
              {...branches([project], true)}
              runs={[...names.values()].flat()}
              onAll={onProject}
            />
            {branches([project], true).open &&
              [...names].map(([name, group]) => (
                <Experiment
                  key={name}
                  name={name}
                  runs={group}
                  {...branches(
                    [project, name],
                    group.some(run => isLive(run) || run.id === current)
                  )}
                  onOpen={onOpen}
                  current={current}
                />
              ))}
          </section>
        ))}
        {kept.length === 0 && <p class="rn-calm">{t('No run matches the filter.')}</p>}
      </div>
      <Footer shown={kept.length} total={total} {...props} />
    </nav>
  );
}

function Footer(
  props: Pick<IProps, 'onBin' | 'onArtifacts' | 'brief'> & { shown: number; total: number }
): JSX.Element {
  const { shown, total, onBin, onArtifacts, brief } = props;
  const { complete } = useStore('runs');
  const { message } = useStatus();
  return (
    <footer class="rn-muted rn-num">
      {shownOf(shown, total)}
      {!complete && ` · ${t('still reading')}`}
      {message && !brief && ` · ${message}`}
      <span class="rn-space" />
      {onArtifacts && (
        <button
          class="rn-icon-button"
          name="artifacts"
          title={t('Artifacts')}
          onClick={onArtifacts}
        >
          <Icon name="box" />
        </button>
      )}
      {onBin && (
        <button class="rn-icon-button" name="bin" title={t('Recycle bin')} onClick={onBin}>
          <Icon name="trash" />
        </button>
      )}
    </footer>
  );
}

interface IOpen {
  readonly open: boolean;
  readonly onToggle: () => void;
}

/**
 * Which branches stand open: what the reader chose; else all that match a filter; else those that have a `reason`, or
 * all while there are few. One that stands open stays so, that nothing folds away under the eyes.
 */
function useBranches(
  filtered: boolean,
  few: boolean,
  complete: boolean
): (path: readonly string[], reason: boolean) => IOpen {
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const opened = useMemo(() => new Set<string>(), []);
  return (path, reason) => {
    const key = JSON.stringify([filtered, ...path]);
    if (reason || (few && complete)) {
      opened.add(key);
    }
    const open = chosen.get(key) ?? (filtered || few || opened.has(key));
    return { open, onToggle: () => setChosen(new Map(chosen).set(key, !open)) };
  };
}

/** Group runs by project and name, newest first. */
export function grow(runs: readonly IRun[]): Map<string, Map<string, IRun[]>> {
  const tree = new Map<string, Map<string, IRun[]>>();
  const newest = [...runs].sort((a, b) => (began(b) ?? 0) - (began(a) ?? 0));
  for (const run of newest) {
    const names = tree.get(run.project) ?? new Map<string, IRun[]>();
    tree.set(run.project, names.set(run.name, [...(names.get(run.name) ?? []), run]));
  }
  return tree;
}

interface IBranchProps extends IOpen {
  readonly level: number;
  readonly title: string;
  readonly runs: readonly IRun[];
  readonly onAll?: (project: string) => void;
}

function Branch({ level, title, open, runs, onToggle, onAll }: IBranchProps): JSX.Element {
  const live = runs.filter(isLive).length;
  return (
    <div class={`rn-branch rn-level-${level}`}>
      <button class="rn-branch-name" aria-expanded={open} title={title} onClick={onToggle}>
        <Icon name="chevron" class={open ? 'rn-open-icon' : ''} />
        <span>{title}</span>
      </button>
      {onAll && (
        <button
          class="rn-icon-button rn-quiet"
          title={t('Compare the runs of %1', title)}
          onClick={() => onAll(title)}
        >
          <Icon name="table" />
        </button>
      )}
      {live > 0 && (
        <span class="rn-live-count" title={t('%1 running', live)}>
          {live}
        </span>
      )}
      <span class="rn-muted rn-num">{runs.length}</span>
    </div>
  );
}

interface IExperimentProps extends IOpen, Pick<IProps, 'onOpen' | 'current'> {
  readonly name: string;
  readonly runs: readonly IRun[];
}

function Experiment({
  name,
  runs,
  open,
  onToggle,
  onOpen,
  current
}: IExperimentProps): JSX.Element {
  const now = useNow(15);
  const [drawn, setDrawn] = useState(BRANCH);
  return (
    <>
      <Branch level={1} title={name} open={open} runs={runs} onToggle={onToggle} />
      {open &&
        runs.slice(0, drawn).map(run => (
          <button
            key={run.id}
            class="rn-leaf"
            data-run={run.id}
            aria-current={run.id === current ? 'true' : undefined}
            title={`${run.id} · ${run.state}`}
            onClick={() => onOpen(run)}
          >
            <StateChip run={run} small />
            <span class="rn-leaf-name rn-num">{run.alias || shortId(run.id)}</span>
            <Best run={run} />
            <span class="rn-leaf-age rn-num">{ago(began(run), now)}</span>
          </button>
        ))}
      {open && runs.length > drawn && (
        <button class="rn-link rn-leaf-more" onClick={() => setDrawn(drawn + 200)}>
          {t('Show %1 more', runs.length - drawn)}
        </button>
      )}
    </>
  );
}

function Best({ run }: { run: IRun }): JSX.Element | null {
  const { best_metric_name: name, best_metric_value: value } = run;
  return name && typeof value === 'number' ? (
    <span class="rn-leaf-best rn-num" title={t('Best %1', name)}>
      {number(value)}
    </span>
  ) : null;
}
