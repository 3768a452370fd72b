import type { IRemoteHost, ITarget } from './source';

/** `user@host:port`, each part but the host optional; an IPv6 address stands in brackets when a port follows. */
const FORM = /^(?:([^@\s]+)@)?(?:\[([^\]\s]+)\]|([^@\s[\]:]+))(?::(\d{1,5}))?$/;
const LAST_PORT = 65535;

/** Read what was typed, or pasted from a command line of ssh; null when it is no login. */
export function parseTarget(text: string): ITarget | null {
  const [typed, given] = taken(text);
  const found = parsed(typed);
  if (!found || given === null) {
    return found;
  }
  return isPort(given) ? { ...found, port: Number(given) } : null;
}

/** Whether all but the port is a login. */
export function hasBadPort(text: string): boolean {
  const [typed, given] = taken(text);
  const bare = typed.replace(/:\d*$/, '');
  const wrong = given === null ? bare !== typed : !isPort(given);
  return wrong && parseTarget(text) === null && parsed(bare) !== null;
}

/** Take `ssh`, `ssh://` and `-p PORT` off a text. */
function taken(text: string): readonly [string, string | null] {
  let given: string | null = null;
  const rest = ` ${text} `.replace(/\s-p\s*(\d+)(?=\s)/, (_, port: string) => {
    given = port;
    return ' ';
  });
  return [
    rest
      .trim()
      .replace(/^ssh(\s+|:\/\/)/i, '')
      .replace(/\/+$/, ''),
    given
  ];
}

function isPort(digits: string): boolean {
  return Number(digits) > 0 && Number(digits) <= LAST_PORT;
}

function parsed(typed: string): ITarget | null {
  const bare = /^(?:([^@\s]+)@)?([\da-f]*:[\da-f:.]*:[\da-f:.]*)$/i.exec(typed);
  if (bare) {
    return target(bare[2], bare[1]);
  }
  const [, username, bracketed, plain, port] = FORM.exec(typed) ?? [];
  const host = bracketed ?? plain;
  if (!host || host.startsWith('-') || (port !== undefined && !isPort(port))) {
    return null;
  }
  return target(host, username, port === undefined ? undefined : Number(port));
}

function target(host: string, username?: string, port?: number): ITarget {
  return { host, ...(username && { username }), ...(port && { port }) };
}

/** A login as a person writes it. */
export function written({ host, username, port }: ITarget): string {
  const at = host.includes(':') && port ? `[${host}]` : host;
  return `${username ? `${username}@` : ''}${at}${port ? `:${port}` : ''}`;
}

/** The hosts whose name or address holds every word that was typed. */
export function matching(hosts: readonly IRemoteHost[], typed: string): readonly IRemoteHost[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return hosts.filter(one => {
    const all = `${one.name} ${described(one)}`.toLowerCase();
    return words.every(word => all.includes(word));
  });
}

/** What a login is called: the name that the ssh configuration has for it, else its host. */
export function labelOf(connection: string, hosts: readonly IRemoteHost[] | null): string {
  const { host = connection, username, port = 22 } = parseTarget(connection) ?? {};
  const named = hosts?.find(
    one =>
      (one.host || one.name) === host &&
      one.port === port &&
      (one.username === null || one.username === username)
  );
  return named?.name ?? host;
}

/** Where a host of the ssh configuration leads: `user@address:port`, the port only when it is unusual. */
export function described({ name, host, port, username }: IRemoteHost): string {
  const at = port === 22 ? {} : { port };
  return written({ host: host || name, ...(username && { username }), ...at });
}
