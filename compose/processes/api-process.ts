import { openApi, Passwords, type Api } from '../../api/index.ts'
import { BankQueries, commandFormat, COMPANY_IBAN, companyBootstrap, eventFormats, feedFormats } from '../../processors/index.ts'
import { RecordCodec } from '../../schemas/index.ts'
import { HttpQueryTransport, systemPorts, type Logger } from '../../topology/index.ts'
import { APPLICATION, bankApplication } from '../application.ts'
import { openFileLimit } from '../open-files.ts'
import { BankWatch } from '../cluster/bank-watch.ts'
import { connectToKafka, connectToRegistry, subjectsOf } from '../connection.ts'
import type { ApiConfiguration } from './process-configuration.ts'
import { ProcessCluster } from './process-cluster.ts'

export interface ApiProcess {
  readonly url: string
  readonly api: Api
  readonly watch: BankWatch
  /** Stops accepting requests, ends streams, answers what is in flight. */
  close(): Promise<void>
}

/**
 * Page and API of a bank whose processors are separate processes. Resolves when it accepts requests. Throws `RetriableBrokerError` or
 * `RegistryUnreachableError` when Kafka or the registry does not answer.
 */
export async function startApi(configuration: ApiConfiguration, pageDirectory: string, logger: Logger): Promise<ApiProcess> {
  const { connection, secret, employee, mode, host, port, hosts, proxies } = configuration
  const ports = systemPorts(logger)
  const opened: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (let end = opened.pop(); end !== undefined; end = opened.pop()) await end()
  }
  try {
    const broker = await connectToKafka(connection, ports, 'bob-api')
    opened.push(() => broker.close())
    const registry = connectToRegistry(connection)
    const codec = await RecordCodec.openLoaded(registry, subjectsOf(connection))
    const topology = bankApplication(codec)
    const transport = new HttpQueryTransport({ secret })
    const cluster = await ProcessCluster.open({
      applicationId: APPLICATION,
      topology,
      broker,
      ports,
      transport,
      secret,
      checkRegistry: () => registry.check(),
    })
    opened.push(() => cluster.close())
    const watch = await BankWatch.open({ broker, ports, formats: eventFormats(codec) })
    opened.push(() => watch.close())
    const passwords = new Passwords()
    const api = await openApi({
      broker,
      ports,
      reader: new BankQueries(() => cluster.observer.queries, ports.clock),
      commands: commandFormat(codec),
      feeds: feedFormats(codec),
      bootstrap: companyBootstrap(),
      companyIban: COMPANY_IBAN,
      employees: [{ username: employee.username, passwordHash: await passwords.hash(employee.password) }],
      passwords,
      cluster: cluster.view({ transfersPerSecond: () => watch.transfersPerSecond, booksBalanced: () => watch.booksBalanced }),
      pageDirectory,
      mode,
      host,
      port,
      hosts,
      proxies,
      openFiles: openFileLimit(),
      unready: () => cluster.unready(),
    })
    opened.push(() => api.close())
    return { url: api.url, api, watch, close }
  } catch (error) {
    await close()
    throw error
  }
}
