/** A named cluster profile: transport + batch system + container runtime + directories + limits + defaults. */
export interface Site {
  readonly name: string;
  readonly transport: SiteTransport;
  readonly batch: 'local' | 'slurm';
  /** Absolute path on the site below which runs, inputs and containers lie. */
  readonly work: string;
  /** Partitions or queues by name; the first that fits a request is taken unless the step names one. */
  readonly partitions: Readonly<Record<string, Partition>>;
  readonly account?: string;
  readonly qos?: string;
  /** QOS that may be asked for, whatever the account; absent: nothing is known, or it differs by account. */
  readonly allowedQos?: readonly string[];
  /** QOS that may be asked for, by account. */
  readonly accountQos?: Readonly<Record<string, readonly string[]>>;
  /** Shell lines that every job runs first (modules, variables). The facility's own text: never filled with values. */
  readonly prelude: readonly string[];
  readonly containers: SiteContainers;
  /** Directory on the node for temporary files, as shell text of the facility's own (`$TMPDIR`); absent: below `work`. */
  readonly scratch?: string;
  readonly limits: SiteLimits;
  /** When files below `work` are removed by the facility, in a person's words; absent: nobody has said. */
  readonly purge?: string;
  /** Engines that the site's nodes can run. `cpu` always can. */
  readonly engines: readonly string[];
}

export interface SiteTransport {
  readonly kind: 'local' | 'openssh' | 'ssh';
  /** A host or an alias of ~/.ssh/config; empty for `local`. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  /** Another configuration file than ~/.ssh/config. */
  readonly configFile?: string;
}

export interface Partition {
  readonly name: string;
  readonly isDefault: boolean;
  /** Of one node: the most that a job may ask for; absent where nothing is known. memory in bytes, time in seconds. */
  readonly cpus?: number;
  readonly memory?: number;
  readonly time?: number;
  /** GPUs of one node by type; an untyped one stands under `gpu`. */
  readonly gpus: Readonly<Record<string, number>>;
}

export interface SiteContainers {
  readonly runtime: 'none' | 'apptainer';
  /** The program: `apptainer`, `singularity`, or an absolute path. */
  readonly program: string;
  /** Shell lines before it is there (`module load apptainer`). */
  readonly prelude: readonly string[];
  /** Registries (HOST or HOST:PORT) that speak plain HTTP, as inside a facility. */
  readonly insecureRegistries: readonly string[];
  /** Images that lie on the site already, by the names tools call them. */
  readonly images: Readonly<Record<string, string>>;
  /** Absolute path on the site for images; `<work>/containers` unless stated. */
  readonly folder: string;
  /** Where images are fetched and built: on the login host, or in a job where the facility forbids that. */
  readonly pull: 'login' | 'job';
}

export interface SiteLimits {
  /** Greatest number of elements in one array (Slurm: indices below MaxArraySize). */
  readonly arraySize: number;
  /** Elements of ours that may be queued or running at once; absent: no limit known. */
  readonly submitted?: number;
  /** Elements that can run side by side, for packing. */
  readonly slots: number;
  /** Seconds between questions to the scheduler, while things change and while they do not. */
  readonly pollShortest: number;
  readonly pollLongest: number;
  /** Seconds that a record may take to become visible after the scheduler says that its job has ended. */
  readonly fileDelay: number;
  /** Seconds that a command on the site may take to answer, unless it is known to take longer. */
  readonly answerWithin: number;
  /** So many tasks of a run that fail one after another, with no success between, pause the site. */
  readonly failures: number;
  /** Seconds that an element of short tasks should last. */
  readonly elementSeconds: number;
}
