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
import { EmbeddedBroker, levelTaskStorages, systemPorts, type Logger, type Ports, type TaskStorages } from '../../topology/index.ts'
import { APPLICATION, bankApplication, WRITE_BUFFER_BYTES } from '../application.ts'
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
}

/** A whole bank in this process. */
export interface System {
  readonly api: Api
  readonly reader: BankReader
  readonly cluster: EmbeddedCluster
  readonly watch: BankWatch
  readonly ports: Ports
  /** Whether it goes on where an earlier one stopped. */
  readonly isRestart: boolean
  /** In order: nothing accepted is left undone. */
  close(): Promise<void>
}

const PARTITIONS = 4
/** So long the group waits for its first members, so that they divide the tasks once. */
const GATHERING_MS = 100

/**
 * Broker, registry, instances, API and page, one on top of the other. Resolves when all tasks run and the company account is there.
 * What has been started is closed again when something further up fails.
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const ports = systemPorts(options.logger)
  const data = await DataDirectory.open(options.dataDirectory)
  const opened: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (let end = opened.pop(); end !== undefined; end = opened.pop()) await end()
  }
  try {
    const broker = await EmbeddedBroker.open({
      storage: () => openLevelStorage({ directory: data.broker, isOnlyCopy: true }),
      ports,
      initialRebalanceDelayMs: GATHERING_MS,
    })
    opened.push(() => broker.close())
    const codec = await RecordCodec.open(await EmbeddedRegistry.open(data.registry))
    await broker.admin.createTopics([...bankTopics(PARTITIONS), ...apiTopics()])
    const topology = bankApplication(codec)
    const storagesOf = (instanceId: string): TaskStorages =>
      levelTaskStorages(data.instance(instanceId), { writeBufferBytes: WRITE_BUFFER_BYTES })
    const cluster = new EmbeddedCluster({ applicationId: APPLICATION, topology, broker, ports, storagesOf })
    opened.push(() => cluster.close())
    for (let count = 0; count < options.instances; count++) await cluster.add()
    await cluster.ready(topology.subtopologies.length * PARTITIONS)
    const watch = await BankWatch.open({ broker, ports, formats: eventFormats(codec) })
    opened.push(() => watch.close())
    const formats = [...publishedFormats(codec), sessionFormat]
    const check = await PublishedCheck.open({ applicationId: APPLICATION, broker, ports, formats })
    opened.push(() => check.close())
    const reader = new BankQueries(() => cluster.queries(), ports.clock)
    const { username, password } = options.employee
    const passwords = new Passwords()
    const graph = viewOf(topology)
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
    })
    opened.push(() => api.close())
    return { api, reader, cluster, watch, ports, isRestart: data.isUsed, close }
  } catch (error) {
    await close()
    throw error
  }
}
