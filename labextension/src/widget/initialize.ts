import type { IDocument } from '../ui/model';
import { CommSource, type IModel } from '../transport/comm';
import { register } from '../transport/registry';

/** Collect what the kernel pushes, view or no view, under the key by which outputs find it. */
export function initialize({ model }: { model: IModel }): () => void {
  const source = new CommSource(model);
  const doc = model.get('doc') as Partial<IDocument> | undefined;
  const key = String(model.get('key') ?? '');
  void source.watch(doc?.model_id);
  const unregister = register(key, source);
  return () => {
    unregister();
    source.dispose();
  };
}
