import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import {
  type IArtifactRef,
  type IVersion,
  type IVersionDetail,
  archiveUrl,
  readVersion,
  readVersions
} from '../../../transport/artifacts';
import type { Client } from '../../../transport/client';
import { isKernel } from '../../../transport/kernel';
import { VersionActions } from '../../artifacts/actions';
import { useAnswer } from '../../artifacts/answer';
import { useNav } from '../../artifacts/nav';
import { bytes, moment } from '../../format';
import { useValue } from '../../hooks';
import { flatten } from '../../object';
import { t } from '../../text';
import { Facts } from '../Facts';
import { ErrorNote, Loading, Note } from '../Notes';
import { DiffTab } from './DiffTab';
import { DoneNote } from './DoneNote';
import { FilesTab } from './FilesTab';
import { LineageTab } from './LineageTab';
import { VerifyBar } from './VerifyBar';
import { VersionList } from './VersionList';
import { VersionMenu } from './VersionMenu';

type Tab = 'files' | 'diff' | 'lineage';

/** One artifact: its versions on the left, what the chosen one holds on the right. */
export function ArtifactView({ client, at }: { client: Client; at: IArtifactRef }): JSX.Element {
  const { type, name } = at;
  const nav = useNav();
  const [tab, setTab] = useState<Tab>('files');
  const actions = useMemo(() => new VersionActions(client), [client]);
  const {
    value: told,
    problem,
    retry
  } = useAnswer(client, () => readVersions(client, { type, name }), [type, name], true);
  useEffect(() => actions.changed.connect(retry));
  useEffect(() => actions.told(), [told]);
  useValue(actions.wished);
  const versions = told && actions.wish(told);
  if (!versions) {
    return problem ? <ErrorNote message={problem} onRetry={retry} /> : <Loading rows={8} />;
  }
  const standing = versions.filter(one => !one.deleted);
  const latest = (standing.length ? standing : versions).at(-1)?.version;
  const version = at.version ?? latest;
  return (
    <article class="rn-artifact" data-artifact={name}>
      <header class="rn-card-title">
        <h2>
          <span class="rn-muted">{type} / </span>
          {name}
        </h2>
      </header>
      {version === undefined ? (
        <p class="rn-calm">{t('This artifact has no versions.')}</p>
      ) : (
        <div class="rn-artifact-parts">
          <VersionList
            versions={versions}
            current={version}
            onPick={next => nav?.openArtifact({ type, name, version: next })}
          />
          <Version
            key={version}
            client={client}
            at={{ type, name, version }}
            versions={versions}
            actions={actions}
            tab={tab}
            setTab={setTab}
          />
        </div>
      )}
      <DoneNote actions={actions} />
    </article>
  );
}

interface IVersionProps {
  readonly client: Client;
  readonly at: IArtifactRef & { readonly version: number };
  readonly versions: readonly IVersion[];
  readonly actions: VersionActions;
  readonly tab: Tab;
  readonly setTab: (tab: Tab) => void;
}

function Version(props: IVersionProps): JSX.Element {
  const { client, at, versions, actions, tab, setTab } = props;
  const { value, problem, retry } = useAnswer(client, () => readVersion(client, at), [at]);
  const [verifying, setVerifying] = useState(0);
  useEffect(() => actions.changed.connect(retry));
  const nav = useNav();
  if (!value) {
    return problem ? <ErrorNote message={problem} onRetry={retry} /> : <Loading rows={6} />;
  }
  const deleted = versions.find(one => one.version === at.version)?.deleted === true;
  return (
    <section class="rn-version" aria-label={t('Version %1', at.version)}>
      {deleted && (
        <Note>
          {t('This version is deleted; it can still be restored.')}{' '}
          <button class="rn-link" name="restore-here" onClick={() => void actions.restore(at)}>
            {t('Restore')}
          </button>
        </Note>
      )}
      <Figures value={value} />
      {value.description && <p class="rn-notes">{value.description}</p>}
      <div class="rn-card-facts">
        <Facts title={t('Metadata')} facts={flatten(value.metadata)} />
      </div>
      <div class="rn-toolbar">
        <Tabs tab={tab} setTab={setTab} comparable={versions.length > 1} />
        <span class="rn-space" />
        {!isKernel(client) && value.num_files > 0 && (
          <a class="rn-link" href={archiveUrl(client.urls, at)} download>
            {t('Download all')}
          </a>
        )}
        <VersionMenu
          at={at}
          detail={value}
          deleted={deleted}
          versions={versions}
          actions={actions}
          onVerify={() => setVerifying(verifying + 1)}
          onRemoved={() => nav?.openArtifact({ type: at.type, name: at.name })}
        />
      </div>
      {verifying > 0 && (
        <VerifyBar key={verifying} client={client} at={at} onClose={() => setVerifying(0)} />
      )}
      {tab === 'lineage' ? (
        <LineageTab client={client} at={at} />
      ) : tab === 'diff' && versions.length > 1 ? (
        <DiffTab client={client} at={at} versions={versions} />
      ) : (
        <FilesTab client={client} at={at} />
      )}
    </section>
  );
}

function Figures({ value }: { value: IVersionDetail }): JSX.Element {
  const openRun = useNav()?.openRun;
  const run = value.created_by_run;
  const stage = value.lifecycle_stage ?? 'experimental';
  return (
    <dl class="rn-figures">
      <Figure name={t('Version')}>{`v${value.version}`}</Figure>
      <Figure name={t('Size')}>{bytes(value.size_bytes)}</Figure>
      <Figure name={t('Files')}>{value.num_files}</Figure>
      <Figure name={t('Created')}>{moment(value.created_at)}</Figure>
      {run && (
        <Figure name={t('By run')}>
          {openRun ? (
            <button class="rn-link" onClick={() => openRun(run)}>
              {run}
            </button>
          ) : (
            run
          )}
        </Figure>
      )}
      {stage !== 'experimental' && (
        <Figure name={t('Stage')}>
          <span title={value.stage_transitions?.at(-1)?.notes ?? ''}>{stage}</span>
        </Figure>
      )}
    </dl>
  );
}

function Figure({
  name,
  children
}: {
  name: string;
  children: JSX.Element | string | number;
}): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="rn-num">{children}</dd>
    </div>
  );
}

function Tabs(props: { tab: Tab; setTab: (tab: Tab) => void; comparable: boolean }): JSX.Element {
  const tabs: [Tab, string][] = [
    ['files', t('Files')],
    ['diff', t('Compare')],
    ['lineage', t('Lineage')]
  ];
  return (
    <div class="rn-segments" role="group" aria-label={t('What to show of this version')}>
      {tabs.map(([key, title]) => (
        <button
          key={key}
          name={`tab-${key}`}
          aria-pressed={props.tab === key}
          disabled={key === 'diff' && !props.comparable}
          onClick={() => props.setTab(key)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
