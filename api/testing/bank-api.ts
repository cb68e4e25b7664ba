import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BankQueries,
  bankTopics,
  bankTopology,
  commandFormat,
  COMPANY_IBAN,
  companyBootstrap,
  feedFormats,
} from '../../processors/index.ts'
import { EmbeddedRegistry, RecordCodec } from '../../schemas/index.ts'
import { memoryTaskStorages, Streams, systemPorts, type Broker, type Ports, type TaskStorages } from '../../topology/index.ts'
import { memoryBroker, silentLogger } from '../../topology/testing/index.ts'
import { openApi, type Api, type ApiOptions } from '../index.ts'
import { Passwords } from '../sessions/passwords.ts'
import { ApiClient } from './api-client.ts'

const EMPLOYEE = { username: 'an employee', password: 'a good password' }

/** A bank with one instance, all in memory, and its API. */
export class BankApi {
  readonly broker: Broker
  readonly ports: Ports
  readonly #options: Omit<ApiOptions, 'mode'>
  readonly #streams: Streams
  #api: Api

  private constructor(options: Omit<ApiOptions, 'mode'>, streams: Streams, api: Api) {
    this.broker = options.broker
    this.ports = options.ports
    this.#options = options
    this.#streams = streams
    this.#api = api
  }

  static async open(
    mode: ApiOptions['mode'] = 'development',
    proxies: readonly string[] = [],
    storages: TaskStorages = memoryTaskStorages(),
    limits: ApiOptions['limits'] = {},
  ): Promise<BankApi> {
    const ports = systemPorts(silentLogger)
    const broker = await memoryBroker(ports)
    const codec = await RecordCodec.open(await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined }))
    await broker.admin.createTopics(bankTopics(1))
    let tokens = 0
    const topology = bankTopology({ codec, newToken: () => String(++tokens).padStart(20, '0') })
    const streams = new Streams({
      applicationId: 'bank',
      instanceId: 'one',
      topology,
      broker,
      ports,
      storages,
    })
    await streams.start()
    while (streams.tasks().filter(({ state }) => state === 'running').length < topology.subtopologies.length) await ports.timers.sleep(5)
    const passwords = new Passwords({ N: 16, r: 8, p: 1 })
    const pageDirectory = mkdtempSync(join(tmpdir(), 'bob-page-'))
    writeFileSync(join(pageDirectory, 'index.html'), '<!doctype html><title>The page</title>')
    const options: Omit<ApiOptions, 'mode'> = {
      broker,
      ports,
      reader: new BankQueries(() => streams.queries, ports.clock),
      commands: commandFormat(codec),
      feeds: feedFormats(codec),
      bootstrap: companyBootstrap(),
      companyIban: COMPANY_IBAN,
      employees: [{ username: EMPLOYEE.username, passwordHash: await passwords.hash(EMPLOYEE.password) }],
      passwords,
      cluster: {
        topology: () => ({ description: 'one', subtopologies: [] }),
        instances: () => [],
        rebalances: () => [],
        deadLetters: async () => [],
        metrics: () => ({ time: 0, nodes: [], transfersPerSecond: 0, lag: 0, booksBalanced: true }),
      },
      pageDirectory,
      host: '127.0.0.1',
      port: 0,
      openFiles: 1_024,
      limits,
      proxies,
    }
    return new BankApi(options, streams, await openApi({ ...options, mode }))
  }

  get url(): string {
    return this.#api.url
  }

  get bus(): Api['bus'] {
    return this.#api.bus
  }

  /** A client that has not signed in. */
  stranger(): ApiClient {
    return new ApiClient(this.url)
  }

  async client(username: string): Promise<ApiClient> {
    const client = this.stranger()
    await client.signUp(username, 'a good password')
    return client
  }

  async employee(): Promise<ApiClient> {
    const client = this.stranger()
    await client.ask('mutation ($u: String!, $p: String!) { signIn(username: $u, password: $p) { reason } }', {
      u: EMPLOYEE.username,
      p: EMPLOYEE.password,
    })
    return client
  }

  /** Restarts the API; the bank keeps running. */
  async restart(mode: ApiOptions['mode'] = 'development'): Promise<void> {
    await this.#api.close()
    this.#api = await openApi({ ...this.#options, mode })
  }

  /** Stops the bank's processors; commands stay without an outcome. */
  async stopBank(): Promise<void> {
    await this.#streams.stop()
  }

  async close(): Promise<void> {
    await this.#api.close()
    await this.#streams.stop()
    await this.broker.close()
    rmSync(this.#options.pageDirectory, { recursive: true, force: true })
  }
}
