/** Commands of ours; other extensions may call them too. */
export namespace CommandIDs {
  /** Open one run in the main area; args `{id}`. */
  export const openRun = 'runicorn:open-run';
  /** Open the table of runs; args `{project?}`. */
  export const openRuns = 'runicorn:open-runs';
  /** Open the recycle bin. */
  export const openBin = 'runicorn:open-recycle-bin';
  /** Open the list of artifacts. */
  export const openArtifacts = 'runicorn:open-artifacts';
  /** Open one artifact; args `{type, name, version?}`. */
  export const openArtifact = 'runicorn:open-artifact';
  /** Open the panel of other hosts. */
  export const openHosts = 'runicorn:open-remote-hosts';
  /** Open the runs of another host; args `{id, host, root}` of its session. */
  export const openSession = 'runicorn:open-remote-session';
  /** Bring a panel back after a reload; args as the panel's own. */
  export const restore = 'runicorn:restore';
}

/** The translation domain. */
export const DOMAIN = 'runicorn_jupyter';
