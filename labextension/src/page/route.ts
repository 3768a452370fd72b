import { useEffect, useState } from 'preact/hooks';

/** Where the page is: the list, one project of it, one run, or the recycle bin. */
export type Route =
  { at: 'runs' } | { at: 'bin' } | { at: 'project'; project: string } | { at: 'run'; run: string };

/** Read a location hash; anything unknown is the list. */
export function parseHash(hash: string): Route {
  const [kind, ...rest] = hash.replace(/^#\/?/, '').split('/');
  let name = rest.join('/');
  try {
    name = decodeURIComponent(name);
  } catch {
    return { at: 'runs' };
  }
  if (kind === 'bin') {
    return { at: 'bin' };
  }
  if (kind === 'run' && name) {
    return { at: 'run', run: name };
  }
  return kind === 'project' && name ? { at: 'project', project: name } : { at: 'runs' };
}

/** Write the hash of a route. */
export function toHash(route: Route): string {
  if (route.at === 'runs') {
    return '#/';
  }
  if (route.at === 'bin') {
    return '#/bin';
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
