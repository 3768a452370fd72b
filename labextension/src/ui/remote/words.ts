import { duration } from '../format';
import { t } from '../text';
import type { IFarEnvironment, IRemoteSession, SessionState } from './source';

/** The state of a session as one word. */
export function stateWord(state: SessionState): string {
  switch (state) {
    case 'connecting':
      return t('connecting');
    case 'running':
      return t('running');
    case 'reconnecting':
      return t('reconnecting');
    case 'degraded':
      return t('degraded');
    case 'stopped':
      return t('stopped');
  }
}

/** What stands beside the word: since when, and what comes next. */
export function stateTimes(session: IRemoteSession, now: number): string {
  const { state, since, started, nextTry } = session;
  if (state === 'running') {
    return t('for %1', duration(Math.max(0, Math.floor(now - started))));
  }
  if (state === 'reconnecting') {
    const left = nextTry === null ? 0 : Math.ceil(nextTry - now);
    return left > 0 ? t('next try in %1 s', left) : t('trying now');
  }
  return t('since %1', clockTime(since));
}

/** Why a session is as it is; what is shown of a host that does not answer is old. */
export function reasonOf({ state, since, reason }: IRemoteSession): string {
  const stale = state === 'reconnecting' ? t('Stale since %1.', clockTime(since)) : '';
  return [stale, reason].filter(Boolean).join(' ');
}

/** What a session is of: `root · environment`. */
export function placeOf({ root, environment }: IRemoteSession): string {
  return [root, environment].filter(Boolean).join(' · ');
}

/** What a reader who sees nothing is told when sessions change. */
export function changes(
  before: readonly IRemoteSession[] | null,
  after: readonly IRemoteSession[] | null
): string {
  const known = new Map(before?.map(one => [one.id, one.state]));
  const name = ({ id, host, root }: IRemoteSession): string =>
    after?.some(one => one.host === host && one.id !== id) ? `${host} ${root}` : host;
  return (after ?? [])
    .filter(one => before !== null && known.get(one.id) !== one.state)
    .map(one => [`${name(one)}: ${stateWord(one.state)}`, one.reason].filter(Boolean).join('. '))
    .join(' ');
}

/** Whether our viewer can be started in an environment. */
export function hasViewer({ distribution }: IFarEnvironment): boolean {
  return distribution === 'runicorn-jupyter';
}

/** What an environment has of ours. */
export function viewerOf({ distribution, version }: IFarEnvironment): string {
  if (distribution === 'runicorn-jupyter') {
    return version ? t('viewer %1', version) : t('viewer');
  }
  return distribution
    ? t('no viewer here (upstream’s runicorn %1)', version ?? '')
    : t('no viewer here');
}

/** A fingerprint in groups of four, so that a person can compare it; copied, it is in one piece. */
export function grouped(fingerprint: string): readonly string[] {
  const [, kind = '', rest = fingerprint] = /^([^:]+:)?(.*)$/.exec(fingerprint) ?? [];
  return [...(kind ? [kind] : []), ...(rest.match(/.{1,4}/g) ?? [])];
}

/** The command that says the same fingerprint on the host itself. */
export function keyCommand(type: string): string {
  const kind = ['ed25519', 'ecdsa', 'rsa', 'dsa'].find(one =>
    type.toLowerCase().replace('dss', 'dsa').includes(one)
  );
  return `ssh-keygen -lf /etc/ssh/ssh_host_${kind ?? '*'}_key.pub`;
}

/** "14:05" in the reader's own time, with the day when it is another one. */
export function clockTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (part: number): string => String(part).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? time
    : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}
