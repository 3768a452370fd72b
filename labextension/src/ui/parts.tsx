import type { JSX } from 'preact';
import type { Client } from '../transport/client';
import type { Bin } from './bin';
import { useCalls } from './calls';
import { ArtifactOutput } from './components/artifacts/ArtifactOutput';
import { RunArtifacts } from './components/artifacts/RunArtifacts';
import { DeleteRuns } from './components/bin/DeleteRuns';
import { BinActions } from './components/bin/WithBin';
import { FacetButton, FacetPanel } from './components/facets/FacetPanel';
import { LogSearch } from './components/logs/LogSearch';
import type { IParts } from './hooks';
import { artifacts } from './styles/artifacts';
import { bin as binStyles } from './styles/bin';
import { facets as facetStyles } from './styles/facets';
import { logsearch } from './styles/logsearch';

/** The rules that these parts need. */
export const partStyles = artifacts + binStyles + facetStyles + logsearch;

const facets: IParts['facets'] = {
  button: () => <FacetButton />,
  panel: (search, runs) => <FacetPanel search={search} runs={runs} />
};

/** Return the parts of the UI that need the server. */
export function httpParts(client: Client, bin: Bin): IParts {
  return {
    facets,
    tableActions: picked => <DeleteRuns bin={bin} runs={picked} />,
    runArtifacts: run => <RunArtifacts client={client} run={run} />,
    logSearch: (run, tail) => <LogSearch client={client} run={run} tail={tail} />
  };
}

/** The same parts in an output, there as long as the server or the kernel answers. */
export const outputParts: IParts = {
  facets: {
    button: () => <Answered>{() => <FacetButton />}</Answered>,
    panel: (search, runs) => <Answered>{() => <FacetPanel search={search} runs={runs} />}</Answered>
  },
  artifact: shown => <ArtifactOutput shown={shown} />,
  tableActions: picked => <BinActions picked={picked} />,
  runArtifacts: run => <Answered>{client => <RunArtifacts client={client} run={run} />}</Answered>,
  logSearch: (run, tail) => (
    <Answered otherwise={tail}>
      {client => <LogSearch client={client} run={run} tail={tail} />}
    </Answered>
  )
};

function Answered(props: {
  children: (client: Client) => JSX.Element;
  otherwise?: JSX.Element;
}): JSX.Element | null {
  const client = useCalls();
  return client ? props.children(client) : (props.otherwise ?? null);
}
