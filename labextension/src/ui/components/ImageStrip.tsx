import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useApp, useFollow, useStore } from '../hooks';
import type { IImage } from '../model';
import { t } from '../text';

/** Only pictures without markup may travel inside a document. */
const RASTER = /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$/;

/** The images of a run, one frame a key with a slider over its steps. */
export function ImageStrip({ run }: { run: string }): JSX.Element | null {
  const store = useStore('images');
  useFollow({ images: run });
  const byKey = new Map<string, IImage[]>();
  for (const image of store.images.get(run) ?? []) {
    byKey.set(image.key, [...(byKey.get(image.key) ?? []), image]);
  }
  if (byKey.size === 0) {
    return null;
  }
  return (
    <section class="rn-images" aria-label={t('Images')}>
      <h3>{t('Images')}</h3>
      <div class="rn-image-grid">
        {[...byKey].map(([key, images]) => (
          <ImageFrame key={key} run={run} name={key} images={images} />
        ))}
      </div>
    </section>
  );
}

function ImageFrame({
  run,
  name,
  images
}: {
  run: string;
  name: string;
  images: readonly IImage[];
}): JSX.Element {
  const [at, setAt] = useState<number | null>(null);
  const index = Math.min(at ?? images.length - 1, images.length - 1);
  const image = images[index];
  const [src, problem] = usePicture(run, image);
  const step = typeof image.step === 'number' ? t('step %1', image.step) : '';
  return (
    <figure class="rn-image">
      <div class="rn-image-box">
        {src ? (
          <img src={src} alt={image.caption || `${name} ${step}`} />
        ) : (
          <span class="rn-muted">{problem}</span>
        )}
      </div>
      <figcaption>
        <span class="rn-image-name" title={image.caption ?? name}>
          {name}
        </span>
        <span class="rn-muted rn-num">{step}</span>
      </figcaption>
      {images.length > 1 && (
        <input
          type="range"
          min="0"
          max={images.length - 1}
          value={index}
          aria-label={t('Step of %1', name)}
          onInput={event => setAt(Number(event.currentTarget.value))}
        />
      )}
    </figure>
  );
}

function usePicture(run: string, image: IImage): [string, string] {
  const { source } = useApp();
  const inline = image.src && RASTER.test(image.src) ? image.src : '';
  const [state, setState] = useState<[string, string]>(['', '']);
  useEffect(() => {
    if (inline) {
      return;
    }
    let url = '';
    let current = true;
    source
      .image(run, image.path)
      .then(found => {
        url = found;
        current ? setState([found, '']) : URL.revokeObjectURL(found);
      })
      .catch((error: Error) => current && setState(['', error.message]));
    return () => {
      current = false;
      URL.revokeObjectURL(url);
    };
  }, [source, run, image.path, inline]);
  return inline ? [inline, ''] : state;
}
