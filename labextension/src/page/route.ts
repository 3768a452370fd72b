import { useEffect, useState } from 'preact/hooks';

/** Where the page is: the list, one project of it, one run, the artifacts or one of them, other hosts, or the recycle bin. */
export type Route =
  | { at: 'runs' }
  | { at: 'bin' }
  | { at: 'remote' }
  | { at: 'artifacts' }
  | { at: 'artifact'; type: string; name: string; version?: number }
  | { at: 'project'; project: string }
  | { at: 'run'; run: string };

/** Read a location hash; anything unknown is the list. */
export function parseHash(hash: string): Route {
  const [kind, ...rest] = hash.replace(/^#\/?/, '').split('/');
  let name = rest.join('/');
  try {
    name = decodeURIComponent(name);
  } catch {
    return { at: 'runs' };
  }
  if (kind === 'bin' || kind === 'artifacts' || kind === 'remote') {
    return { at: kind };
  }
  if (kind === 'artifact') {
    return artifactOf(rest) ?? { at: 'artifacts' };
  }
  if (kind === 'run' && name) {
    return { at: 'run', run: name };
  }
  return kind === 'project' && name ? { at: 'project', project: name } : { at: 'runs' };
}

/** Read `TYPE/NAME` or `TYPE/NAME/vN`, each part encoded by itself. */
function artifactOf(parts: readonly string[]): Route | null {
  const [type, name, version] = parts.map(decodeURIComponent);
  const found = /^v(\d+)$/.exec(version ?? '');
  return type && name
    ? { at: 'artifact', type, name, ...(found && { version: Number(found[1]) }) }
    : null;
}

/** Write the hash of a route. */
export function toHash(route: Route): string {
  if (route.at === 'runs') {
    return '#/';
  }
  if (route.at === 'bin' || route.at === 'artifacts' || route.at === 'remote') {
    return `#/${route.at}`;
  }
  if (route.at === 'artifact') {
    const version = route.version === undefined ? [] : [`v${route.version}`];
    const parts = [route.type, route.name, ...version].map(encodeURIComponent);
    return `#/artifact/${parts.join('/')}`;
  }
  return route.at === 'run'
    ? `#/run/${encodeURIComponent(route.run)}`
    : `#/project/${encodeURIComponent(route.project)}`;
}

/** Return the route, drawn again when it changes. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseHash(location.hash));
  useEffect(() => {
    const onHash = (): void => setRoute(parseHash(location.hash));
    window.addEventListener('hashchange', onHash);
    return () => window.removeEventListener('hashchange', onHash);
  }, []);
  return route;
}
