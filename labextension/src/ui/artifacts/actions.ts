import {
  deleteVersion,
  promoteVersion,
  removeAlias,
  restoreVersion,
  setAlias
} from '../../transport/artifactactions';
import type { IVersion, IVersionRef, Stage } from '../../transport/artifacts';
import type { Client } from '../../transport/client';
import { Signal, Value } from '../observable';
import { t } from '../text';

/** What was done last to an artifact, or why it could not be. */
export interface IDone {
  readonly said: string;
  /** Why nothing was done. */
  readonly problem?: string;
  /** The way back, where there is one. */
  readonly undo?: () => Promise<void>;
}

/** Where a version can go from each stage; the server says no to anything else. */
export const NEXT: Readonly<Record<Stage, readonly Stage[]>> = {
  experimental: ['staging', 'archived'],
  staging: ['production', 'experimental', 'archived'],
  production: ['staging', 'archived'],
  archived: ['experimental']
};

/** What can be done to the versions of one artifact; each verb tells in `note` what came of it and never rejects. */
export class VersionActions {
  readonly note = new Value<IDone | null>(null);
  /** Versions that are shown as deleted, or not, before the server has said so: these two can be taken back. */
  readonly wished = new Value<ReadonlyMap<number, boolean>>(new Map());
  /** Speaks when the server did something. */
  readonly changed = new Signal<void>();

  constructor(private readonly _client: Client) {}

  /** The versions with what is wished for them. */
  wish(versions: readonly IVersion[]): readonly IVersion[] {
    const wished = this.wished.value;
    return wished.size === 0
      ? versions
      : versions.map(one =>
          wished.has(one.version) ? { ...one, deleted: wished.get(one.version) } : one
        );
  }

  promote(at: IVersionRef, stage: Stage, notes: string): Promise<boolean> {
    const said = t('v%1 is now in the stage “%2”.', at.version, stage);
    return this._do({ said }, () => promoteVersion(this._client, at, stage, notes));
  }

  /** Let an alias mean a version; `before` is the one that it meant. */
  alias(at: IVersionRef, alias: string, before?: number): Promise<boolean> {
    const undo = async (): Promise<void> => {
      await (before === undefined
        ? this.unalias(at, alias)
        : this.alias({ ...at, version: before }, alias, at.version));
    };
    const said = t('“%1” now means v%2.', alias, at.version);
    return this._do({ said, undo }, () => setAlias(this._client, at, alias));
  }

  unalias(at: IVersionRef, alias: string): Promise<boolean> {
    const undo = async (): Promise<void> => void (await this.alias(at, alias));
    const said = t('“%1” means no version any more.', alias);
    return this._do({ said, undo }, () => removeAlias(this._client, at, alias));
  }

  delete(at: IVersionRef): Promise<boolean> {
    const undo = async (): Promise<void> => void (await this.restore(at));
    return this._wishing(at.version, true, { said: t('v%1 is deleted.', at.version), undo }, () =>
      deleteVersion(this._client, at, false)
    );
  }

  restore(at: IVersionRef): Promise<boolean> {
    return this._wishing(at.version, false, { said: t('v%1 is restored.', at.version) }, () =>
      restoreVersion(this._client, at)
    );
  }

  /** Delete a version for good; nothing is shown before it is done. */
  remove(at: IVersionRef): Promise<boolean> {
    const said = t('v%1 is removed for good.', at.version);
    return this._do({ said }, () => deleteVersion(this._client, at, true));
  }

  /** Forget the wishes: the server's own answer is there. */
  told(): void {
    if (this.wished.value.size) {
      this.wished.value = new Map();
    }
  }

  private async _wishing(
    version: number,
    deleted: boolean,
    done: IDone,
    act: () => Promise<unknown>
  ): Promise<boolean> {
    this.wished.value = new Map(this.wished.value).set(version, deleted);
    const well = await this._do(done, act);
    if (!well) {
      this.told();
    }
    return well;
  }

  private async _do(done: IDone, act: () => Promise<unknown>): Promise<boolean> {
    let problem: string | undefined;
    try {
      await act();
    } catch (error) {
      problem = (error as Error).message;
    }
    this.note.value =
      problem === undefined ? done : { said: t('Nothing was changed.'), problem: problem };
    if (problem === undefined) {
      this.changed.emit();
    }
    return problem === undefined;
  }
}
