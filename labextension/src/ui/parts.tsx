import type { Client } from '../transport/client';
import type { Bin } from './bin';
import { DeleteRuns } from './components/bin/DeleteRuns';
import { LogSearch } from './components/logs/LogSearch';
import type { IParts } from './hooks';
import { bin as binStyles } from './styles/bin';
import { logsearch } from './styles/logsearch';

/** The rules that these parts need. */
export const partStyles = binStyles + logsearch;

/** Return the parts of the UI that need the server. */
export function httpParts(client: Client, bin: Bin): IParts {
  return {
    tableActions: picked => <DeleteRuns bin={bin} runs={picked} />,
    logSearch: (run, tail) => <LogSearch client={client} run={run} tail={tail} />
  };
}
