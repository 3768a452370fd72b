import { Client } from './client';
import type { IHost } from './host';
import type { ILiveSource } from './registry';

/** Begins the addresses that a kernel answers; nothing is ever fetched from there. */
const KERNEL = 'kernel:';

/** Make a kernel take the calls that a server would: the same addresses, answered over its comm. */
export function kernelClient(comm: ILiveSource): Client {
  return new Client(kernelHost(comm));
}

/** Whether a client speaks to a kernel: then its addresses are no links. */
export function isKernel(client: Client): boolean {
  return client.urls.api === KERNEL;
}

function kernelHost(comm: ILiveSource): IHost {
  return {
    api: KERNEL,
    request: async (url, init = {}) => {
      const [path, search] = url.slice(KERNEL.length).split('?');
      const { status, body, base64 } = await comm.ask({
        type: 'call',
        method: init.method ?? 'GET',
        path: path.split('/').filter(Boolean).map(decodeURIComponent),
        query: [...new URLSearchParams(search)],
        body: typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : null
      });
      const content = base64 === undefined ? JSON.stringify(body) : bytesOf(base64);
      return new Response(content, { status: status ?? 200 });
    },
    // Changes come as pushes of the comm; a feed of its own is not offered, and its users then ask now and then.
    socket: () => {
      throw new Error('A kernel has no websocket.');
    }
  };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), mark => mark.charCodeAt(0));
}
