import { apiTopics, openApi, Passwords, sessionFormat, type Api, type BankReader } from '../../api/index.ts'
import {
  BankQueries,
  bankTopics,
  commandFormat,
  COMPANY_IBAN,
  companyBootstrap,
  eventFormats,
  feedFormats,
  publishedFormats,
} from '../../processors/index.ts'
import { EmbeddedRegistry, RecordCodec } from '../../schemas/index.ts'
import { openLevelStorage } from '../../state/index.ts'
import {
  EmbeddedBroker,
  levelTaskStorages,
  systemPorts,
  type Admin,
  type Logger,
  type Ports,
  type TaskStorages,
  type TopicSpec,
} from '../../topology/index.ts'
import { APPLICATION, bankApplication, WRITE_BUFFER_BYTES } from '../application.ts'
import { openFileLimit } from '../open-files.ts'
import type { Configuration } from '../configuration.ts'
import { BankWatch } from '../cluster/bank-watch.ts'
import { DEMO_CLIENT, demoClient } from './demo-client.ts'
import { DataDirectory } from './data-directory.ts'
import { EmbeddedCluster } from './embedded-cluster.ts'
import { PublishedCheck } from '../cluster/published-check.ts'
import { viewOf } from '../cluster/topology-view.ts'

export interface SystemOptions extends Configuration {
  readonly logger: Logger
  /** The built page. */
  readonly pageDirectory: string
  /** What the start is doing; the share of it that is done, from 0 to 1, where it is known. */
  readonly onProgress?: (step: string, share?: number) => void
}

/** A bank that runs in this process. */
export interface System {
  readonly api: Api
  readonly reader: BankReader
  readonly cluster: EmbeddedCluster
  readonly watch: BankWatch
  readonly ports: Ports
  /** Resolves with the cause when the bank cannot go on in this process: its log could not be written, or is damaged. */
  readonly failed: Promise<Error>
  /** Whether the data directory already contained a bank. */
  readonly isRestart: boolean
  /** Stops everything in reverse order of start. Accepted commands are completed, now or after the next start. */
  close(): Promise<void>
}

const PARTITIONS = 4
/** The first rebalance waits this long for further members, so that the tasks are assigned once. */
const INITIAL_REBALANCE_DELAY_MS = 100

/** A bank in one process often runs for minutes only: records beyond their retention are looked for sooner than a broker does. */
const RETENTION_CHECK_INTERVAL_MS = 60_000

/**
 * Starts broker, registry, instances and API, which serves the page. Resolves when all tasks run and the bank's own account exists.
 * If a step fails, everything started before it is closed again.
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const ports = systemPorts(options.logger)
  const { onProgress = () => {} } = options
  const data = await DataDirectory.open(options.dataDirectory)
  const closers: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer()
  }
  try {
    const broker = await EmbeddedBroker.open({
      storage: (bulk) => openLevelStorage({ directory: data.broker, isOnlyCopy: true, bulk }),
      ports,
      onProgress,
      initialRebalanceDelayMs: INITIAL_REBALANCE_DELAY_MS,
      retentionCheckIntervalMs: RETENTION_CHECK_INTERVAL_MS,
    })
    closers.push(() => broker.close())
    const codec = await RecordCodec.open(await EmbeddedRegistry.open(data.registry))
    await declareTopics(broker.admin, [...bankTopics(PARTITIONS), ...apiTopics()])
    const topology = bankApplication(codec)
    const storagesOf = (instanceId: string): TaskStorages =>
      levelTaskStorages(data.instance(instanceId), { writeBufferBytes: WRITE_BUFFER_BYTES })
    const cluster = new EmbeddedCluster({ applicationId: APPLICATION, topology, broker, ports, storagesOf })
    closers.push(() => cluster.close())
    for (let count = 0; count < options.instances; count++) await cluster.add()
    await cluster.ready(topology.subtopologies.length * PARTITIONS, (share) => onProgress('opening the tasks and their state', share))
    const watch = await BankWatch.open({ broker, ports, formats: eventFormats(codec) })
    closers.push(() => watch.close())
    const formats = [...publishedFormats(codec), sessionFormat]
    const check = await PublishedCheck.open({ applicationId: APPLICATION, broker, ports, formats })
    closers.push(() => check.close())
    const reader = new BankQueries(() => cluster.queries(), ports.clock)
    const { username, password } = options.employee
    const passwords = new Passwords()
    const graph = viewOf(topology)
    onProgress('opening the API')
    const api = await openApi({
      broker,
      ports,
      reader,
      commands: commandFormat(codec),
      feeds: feedFormats(codec),
      bootstrap: [...companyBootstrap(), ...(options.mode === 'development' ? demoClient(await passwords.hash(DEMO_CLIENT.password)) : [])],
      companyIban: COMPANY_IBAN,
      employees: [{ username, passwordHash: await passwords.hash(password) }],
      passwords,
      cluster: {
        topology: () => graph,
        instances: () => cluster.instances(),
        rebalances: (last) => cluster.rebalances(last),
        deadLetters: (last) => cluster.deadLetters(last),
        metrics: () => ({
          time: ports.clock.now(),
          transfersPerSecond: watch.transfersPerSecond,
          booksBalanced: watch.booksBalanced,
          ...cluster.figures(),
        }),
        control: cluster.control,
      },
      pageDirectory: options.pageDirectory,
      mode: options.mode,
      host: options.host,
      port: options.port,
      openFiles: openFileLimit(),
      unready: () => cluster.unready(),
    })
    closers.push(() => api.close())
    return { api, reader, cluster, watch, ports, failed: broker.failed, isRestart: data.isUsed, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Creates the topics that do not exist, and gives the others the settings that this version declares. */
async function declareTopics(admin: Admin, specs: readonly TopicSpec[]): Promise<void> {
  await admin.createTopics(specs)
  const topics = await admin.describeTopics(specs.map(({ name }) => name))
  for (const { name, config = {} } of specs) {
    const current = topics.find((topic) => topic.name === name)?.config ?? {}
    if (Object.entries(config).some(([setting, value]) => current[setting] !== value)) await admin.alterTopic(name, config)
  }
}
