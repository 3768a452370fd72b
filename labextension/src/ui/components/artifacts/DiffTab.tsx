import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import {
  type IFile,
  type IVersion,
  type IVersionRef,
  readFiles,
  readVersion
} from '../../../transport/artifacts';
import type { Client } from '../../../transport/client';
import { useAnswer } from '../../artifacts/answer';
import { type IDifference, diffFiles, diffValues } from '../../artifacts/diff';
import { bytes, value as asText } from '../../format';
import { t } from '../../text';
import { ErrorNote, Loading } from '../Notes';

interface IProps {
  readonly client: Client;
  readonly at: IVersionRef;
  readonly versions: readonly IVersion[];
}

/** What changed between two versions: files added, removed and changed, and metadata. */
export function DiffTab({ client, at, versions }: IProps): JSX.Element {
  const others = versions.map(one => one.version).filter(version => version !== at.version);
  const before = others.filter(version => version < at.version).at(-1) ?? others[0];
  const [other, setOther] = useState(before);
  const { value, problem, retry } = useAnswer(
    client,
    () => compared(client, { ...at, version: other }, at),
    [at, other]
  );
  return (
    <>
      <label class="rn-control rn-diff-with">
        {t('Changes of v%1 since', at.version)}
        <select
          name="diff-with"
          value={other}
          onChange={event => setOther(Number(event.currentTarget.value))}
        >
          {[...others].reverse().map(version => (
            <option key={version} value={version}>
              {`v${version}`}
            </option>
          ))}
        </select>
      </label>
      {value ? (
        <Differences {...value} />
      ) : problem ? (
        <ErrorNote message={problem} onRetry={retry} />
      ) : (
        <Loading rows={4} />
      )}
    </>
  );
}

interface IDifferences {
  readonly files: readonly IDifference<IFile>[];
  readonly values: readonly IDifference<unknown>[];
  readonly same: number;
}

async function compared(client: Client, a: IVersionRef, b: IVersionRef): Promise<IDifferences> {
  const [before, after, old, fresh] = await Promise.all([
    readFiles(client, a),
    readFiles(client, b),
    readVersion(client, a),
    readVersion(client, b)
  ]);
  const files = diffFiles(before.files, after.files);
  const changed = files.filter(({ kind }) => kind !== 'removed').length;
  return {
    files,
    values: diffValues(old.metadata, fresh.metadata),
    same: after.files.length - changed
  };
}

function Differences({ files, values, same }: IDifferences): JSX.Element {
  return (
    <>
      <Part
        title={t('Files')}
        rows={files}
        text={file => bytes(file.size)}
        none={t('The files are the same.')}
      />
      {files.length > 0 && same > 0 && (
        <p class="rn-muted">
          {same === 1
            ? t('1 file is the same in both.')
            : t('%1 files are the same in both.', same)}
        </p>
      )}
      <Part
        title={t('Metadata')}
        rows={values}
        text={asText}
        none={t('The metadata is the same.')}
      />
    </>
  );
}

const SIGNS = { added: '+', removed: '−', changed: '~' } as const;

function Part<T>(props: {
  title: string;
  rows: readonly IDifference<T>[];
  text: (value: T) => string;
  none: string;
}): JSX.Element {
  const { title, rows, text, none } = props;
  return (
    <section class="rn-diff" aria-label={title}>
      <h3>{title}</h3>
      {rows.length === 0 && <p class="rn-muted">{none}</p>}
      <ul>
        {rows.map(({ name, kind, before, after }) => (
          <li key={name} class={`rn-diff-${kind}`}>
            <b aria-hidden="true">{SIGNS[kind]}</b>
            <span class="rn-sr-only">{t(kind)}</span>
            <span class="rn-diff-name" title={name}>
              {name}
            </span>
            <span class="rn-muted rn-num">
              {[before, after]
                .filter((one): one is T => one !== undefined)
                .map(text)
                .join(' → ')}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
