import type { IRemoteHost, ITarget } from './source';

/** `user@host:port`, each part but the host optional; an IPv6 address stands in brackets when a port follows. */
const FORM = /^(?:([^@\s]+)@)?(?:\[([^\]\s]+)\]|([^@\s[\]:]+))(?::(\d{1,5}))?$/;
const LAST_PORT = 65535;

/** Read what was typed; null when it is no login. */
export function parseTarget(text: string): ITarget | null {
  const typed = text.trim();
  const bare = /^(?:([^@\s]+)@)?([\da-f]*:[\da-f:.]*:[\da-f:.]*)$/i.exec(typed);
  if (bare) {
    return target(bare[2], bare[1]);
  }
  const [, username, bracketed, plain, port] = FORM.exec(typed) ?? [];
  const host = bracketed ?? plain;
  const number = port === undefined ? undefined : Number(port);
  if (!host || host.startsWith('-') || number === 0 || (number ?? 0) > LAST_PORT) {
    return null;
  }
  return target(host, username, number);
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
