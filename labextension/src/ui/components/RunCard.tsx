import type { JSX } from 'preact';
import { duration, moment, number, ago } from '../format';
import { useApp, useNow, useStatus, useStore } from '../hooks';
import { nameOf } from '../labels';
import { isLive, type IRun } from '../model';
import { flatten, own } from '../object';
import { t } from '../text';
import { ChartGrid } from './ChartGrid';
import { Facts } from './Facts';
import { ImageStrip } from './ImageStrip';
import { LogView } from './LogView';
import { ErrorNote, Loading, Note } from './Notes';
import { StateChip } from './StateChip';

/** One run whole: what it is, what it was given, what came out, how it went. */
export function RunCard({ id, head }: { id: string; head?: JSX.Element | null }): JSX.Element {
  const { parts } = useApp();
  const store = useStore('runs');
  const { phase, message } = useStatus();
  const run = store.runs.get(id);
  if (!run) {
    return phase === 'loading' ? (
      <Loading rows={8} />
    ) : (
      <ErrorNote message={message ?? t('There is no run %1 here.', id)} />
    );
  }
  return (
    <article class="rn-card" data-run={id}>
      {head}
      <CardHead run={run} />
      <Problems run={run} />
      <div class="rn-card-facts">
        <Facts title={t('Config')} facts={flatten(run.config)} />
        <Facts title={t('Summary')} facts={summaryOf(run)} />
      </div>
      <ChartGrid runs={[{ run, color: 0, label: nameOf(run) }]} legend={false} />
      {parts?.runArtifacts?.(id)}
      <ImageStrip run={id} />
      <LogView run={id} />
    </article>
  );
}

/** What came out, without the best value: it stands in the head. */
function summaryOf(run: IRun): Map<string, unknown> {
  const facts = flatten(run.summary);
  if (run.best_metric_name) {
    ['name', 'value', 'step', 'mode'].forEach(part => facts.delete(`best_metric_${part}`));
  }
  return facts;
}

/** States whose reason is told beside them; those that ended badly have it in a note. */
const REASONED: readonly string[] = ['lost', 'unknown', 'stale', 'idle'];

function CardHead({ run }: { run: IRun }): JSX.Element {
  const { source } = useApp();
  return (
    <header class="rn-card-head">
      <div class="rn-card-title">
        <h2 title={run.id}>
          <span class="rn-muted">{run.project} / </span>
          {nameOf(run)}
        </h2>
        <StateChip run={run} />
        {REASONED.includes(run.state) && run.state_reason && (
          <span class="rn-reason rn-muted">{run.state_reason}</span>
        )}
        {(run.tags ?? []).map(tag => (
          <span class="rn-tag" key={tag}>
            {tag}
          </span>
        ))}
      </div>
      <Figures run={run} place={source.label} />
      {run.notes && <p class="rn-notes">{run.notes}</p>}
    </header>
  );
}

function Figures({ run, place }: { run: IRun; place: string }): JSX.Element {
  const now = useNow(isLive(run) ? 1 : 60);
  const begin = run.started_at ?? run.created_at ?? run.created_time;
  const end = isLive(run) ? now : (run.ended_at ?? run.updated_at);
  const best = run.best_metric_name;
  const figures: [string, string, string?, string?][] = [
    [t('Started'), ago(begin, now), '', moment(begin)],
    [t('Duration'), begin && end ? duration(end - begin) : '–'],
    [t('Last step'), number(run.last_step)]
  ];
  if (best) {
    // Not every door carries the step in the item itself.
    const step = run.best_metric_step ?? own(run.summary, 'best_metric_step');
    const at = typeof step === 'number' ? t('at step %1', step) : '';
    figures.push([t('Best %1', best), number(run.best_metric_value), at]);
  }
  figures.push([t('Run'), run.id]);
  if (place) {
    figures.push([t('Place'), place]);
  }
  return (
    <dl class="rn-figures">
      {figures.map(([name, text, small, title]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="rn-num" title={title}>
            {text} {small && <small class="rn-muted">{small}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Problems({ run }: { run: IRun }): JSX.Element | null {
  const problems = [...(run.problems ?? [])];
  if (['failed', 'interrupted'].includes(run.state) && run.state_reason) {
    problems.unshift(run.state_reason);
  }
  return problems.length ? (
    <Note kind="warning">
      {problems.map((problem, i) => (
        <p key={i}>{problem}</p>
      ))}
    </Note>
  ) : null;
}
