import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type IFile, type IVersionRef, readHead } from '../../../transport/artifacts';
import type { Client } from '../../../transport/client';
import { HEAD, LARGEST_IMAGE, type Preview, imageType, preview } from '../../artifacts/preview';
import { useAnswer } from '../../artifacts/answer';
import { bytes } from '../../format';
import { t } from '../../text';
import { ErrorNote, Loading } from '../Notes';

interface IProps {
  readonly client: Client;
  readonly at: IVersionRef;
  readonly file: IFile;
}

/** What is in a file, as a picture, a table or text. */
export function FilePreview({ client, at, file }: IProps): JSX.Element {
  const type = imageType(file.path);
  const image = type !== null && file.size <= LARGEST_IMAGE;
  const most = image ? LARGEST_IMAGE : HEAD;
  const { value, problem, retry } = useAnswer(
    client,
    () => (file.size ? readHead(client, at, file.path, most) : Promise.resolve(new Uint8Array())),
    [at, file.path, file.digest]
  );
  if (!value) {
    return problem ? <ErrorNote message={problem} onRetry={retry} /> : <Loading rows={3} />;
  }
  return image ? (
    <Picture bytes={value} type={type} name={file.path} />
  ) : (
    <Content shown={preview(file.path, value, file.size)} file={file} />
  );
}

function Picture(props: { bytes: Uint8Array; type: string; name: string }): JSX.Element {
  const { bytes: data, type, name } = props;
  const [src, setSrc] = useState<string>();
  // Through an <img> nothing in the picture ever runs.
  useEffect(() => {
    const url = URL.createObjectURL(new Blob([new Uint8Array(data)], { type }));
    setSrc(url);
    return () => URL.revokeObjectURL(url);
  }, [data]);
  return <img class="rn-file-image" src={src} alt={name} />;
}

function Content({ shown, file }: { shown: Preview; file: IFile }): JSX.Element {
  if (shown.kind === 'none' || shown.kind === 'image') {
    return <p class="rn-calm">{t('This kind of file is not shown here; download it instead.')}</p>;
  }
  if (file.size === 0) {
    return <p class="rn-calm">{t('The file is empty.')}</p>;
  }
  return (
    <>
      {shown.kind === 'table' ? <Table rows={shown.rows} /> : <pre>{shown.text}</pre>}
      {shown.cut && (
        <p class="rn-muted">
          {t('Only the beginning is shown; the file has %1.', bytes(file.size))}
        </p>
      )}
    </>
  );
}

function Table({ rows }: { rows: readonly (readonly string[])[] }): JSX.Element {
  const [head, ...body] = rows;
  return (
    <div class="rn-file-table">
      <table class="rn-table">
        <thead>
          <tr>
            {head.map((name, i) => (
              <th key={i} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j} title={cell}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
