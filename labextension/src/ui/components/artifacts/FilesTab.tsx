import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import {
  type IFile,
  type IFiles,
  type IVersionRef,
  fileUrl,
  readHead,
  readFiles
} from '../../../transport/artifacts';
import type { Client } from '../../../transport/client';
import { isKernel } from '../../../transport/kernel';
import { useAnswer } from '../../artifacts/answer';
import { bytes, count } from '../../format';
import { t } from '../../text';
import { Icon } from '../Icon';
import { ErrorNote, Loading } from '../Notes';
import { FilePreview } from './FilePreview';

/** Files drawn before "Show more". */
const DRAWN = 200;

/** The files of a version, and below the one that is chosen what is in it. */
export function FilesTab({ client, at }: { client: Client; at: IVersionRef }): JSX.Element {
  const { value, problem, retry } = useAnswer(client, () => readFiles(client, at), [at]);
  const [open, setOpen] = useState<string | null>(null);
  const [drawn, setDrawn] = useState(DRAWN);
  if (!value) {
    return problem ? <ErrorNote message={problem} onRetry={retry} /> : <Loading rows={4} />;
  }
  const { files } = value;
  return (
    <>
      <div class="rn-table-box">
        <table class="rn-table rn-files">
          <tbody>
            {files.slice(0, drawn).map(file => (
              <FileRow
                key={file.path}
                file={file}
                open={open === file.path}
                download={<Download client={client} at={at} file={file} />}
                onOpen={() => setOpen(open === file.path ? null : file.path)}
              >
                <FilePreview client={client} at={at} file={file} />
              </FileRow>
            ))}
            <References references={value.references} />
          </tbody>
        </table>
        {files.length > drawn && (
          <button class="rn-link rn-more" onClick={() => setDrawn(drawn + 5 * DRAWN)}>
            {t('Show %1 more', count(files.length - drawn))}
          </button>
        )}
        {files.length + value.references.length === 0 && (
          <p class="rn-calm">{t('This version holds no files.')}</p>
        )}
      </div>
    </>
  );
}

function FileRow(props: {
  file: IFile;
  open: boolean;
  download: JSX.Element;
  onOpen: () => void;
  children: JSX.Element;
}): JSX.Element {
  const { file, open, download, onOpen, children } = props;
  return (
    <>
      <tr data-path={file.path}>
        <td class="rn-name">
          <button class="rn-file" aria-expanded={open} title={file.path} onClick={onOpen}>
            <Icon name="chevron" class={open ? 'rn-open-icon' : ''} />
            <span>{file.path}</span>
          </button>
        </td>
        <td class="rn-right rn-num">{bytes(file.size)}</td>
        <td class="rn-muted rn-num" title={file.digest}>
          {file.digest.replace(/^sha256:/, '').slice(0, 10)}
        </td>
        <td class="rn-right">{download}</td>
      </tr>
      {open && (
        <tr class="rn-file-open">
          <td colSpan={4}>{children}</td>
        </tr>
      )}
    </>
  );
}

/** A link to the bytes; a kernel, which has no addresses, is asked for them after a click. */
function Download(props: { client: Client; at: IVersionRef; file: IFile }): JSX.Element | null {
  const { client, at, file } = props;
  const [problem, setProblem] = useState('');
  const title = problem || t('Download %1', file.path);
  if (!isKernel(client)) {
    const href = fileUrl(client.urls, at, file.path);
    return (
      <a class="rn-icon-button" href={href} download title={title}>
        <Icon name="down" />
      </a>
    );
  }
  const ask = (): void => {
    readHead(client, at, file.path, file.size).then(
      content => saveAs(content, file.path.split('/').at(-1)!),
      (error: Error) => setProblem(error.message)
    );
  };
  return (
    <button class="rn-icon-button" name="download" title={title} onClick={ask}>
      <Icon name={problem ? 'lost' : 'down'} />
    </button>
  );
}

function saveAs(content: Uint8Array<ArrayBuffer>, name: string): void {
  const href = URL.createObjectURL(new Blob([content]));
  Object.assign(document.createElement('a'), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

function References({ references }: Pick<IFiles, 'references'>): JSX.Element {
  return (
    <>
      {references.map(({ uri, size }) => (
        <tr key={uri}>
          <td class="rn-name" title={uri}>
            {uri}
          </td>
          <td class="rn-right rn-num">{bytes(size)}</td>
          <td class="rn-muted" colSpan={2}>
            {t('lies elsewhere')}
          </td>
        </tr>
      ))}
    </>
  );
}
