import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../kafka/free-ports.ts'
import { findJava } from '../../kafka/java.ts'
import { LocalKafka } from '../../kafka/local-kafka.ts'
import { LocalRegistry } from '../../kafka/local-registry.ts'
import type { Packages } from '../../kafka/packages.ts'
import { runTool } from '../../kafka/run-tool.ts'
import { startOrder, type ComposedService, type Composition } from './composition.ts'
import { NameServer } from './name-server.ts'
import { PlainProcess } from './plain-process.ts'

export interface PlainBankOptions {
  readonly composition: Composition
  /** Where the compose files lie. */
  readonly files: string
  readonly packages: Packages
  readonly directory: string
  readonly pageDirectory: string
}

const JAVA_VERSION = 17
const HEALTH_POLL_MS = 200
const HEALTH_MS = 120_000
/** Settings that are about addresses and paths, which are this machine's. */
const PLACES = ['listeners', 'advertised.listeners', 'controller.quorum.voters', 'log.dirs', 'node.id', 'process.roles', 'heap.opts']

/**
 * The services of the compose files as processes of this machine: in their order, with their settings, commands, users and health
 * checks. Only addresses and paths are this machine's.
 */
export class PlainBank {
  /** Services in groups, as they were started. */
  readonly started: (readonly string[])[] = []
  /** Those that run until they are stopped, and one-shot ones that have ended. */
  readonly processes = new Map<string, PlainProcess[]>()
  /** Where the page is. */
  url = ''
  readonly apis: string[] = []
  readonly #options: PlainBankOptions
  /** What is called so in the files, and how it is called here. */
  readonly #here = new Map<string, string>()
  readonly #ends: (() => Promise<void>)[] = []

  private constructor(options: PlainBankOptions) {
    this.#options = options
    for (const [name, { file }] of Object.entries(options.composition.secrets ?? {})) this.#here.set(`/run/secrets/${name}`, file)
    this.#here.set('/data', join(options.directory, 'state'))
  }

  /** Resolves when all are healthy or have done their work. */
  static async start(options: PlainBankOptions): Promise<PlainBank> {
    const bank = new PlainBank(options)
    try {
      await mkdir(options.directory, { recursive: true })
      for (const group of startOrder(options.composition.services)) {
        await bank.#startGroup(group)
        bank.started.push(group)
      }
      return bank
    } catch (error) {
      await bank.stop()
      throw error
    }
  }

  service(name: string): ComposedService {
    const service = this.#options.composition.services[name]
    if (service === undefined) throw new RangeError(`There is no service ${name}.`)
    return service
  }

  /** With this machine's addresses and paths. */
  environment(name: string): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(this.service(name).environment ?? {}).map(([key, value]) => [key, this.#translated(String(value))]),
    )
  }

  async brokerLogs(): Promise<string> {
    const logs = [1, 2, 3].map((number) => readFile(join(this.#options.directory, 'brokers', `broker-${number}`, 'broker.log'), 'utf8'))
    return (await Promise.all(logs)).join('')
  }

  async startProcessor(): Promise<PlainProcess> {
    const [port = 0] = await freePorts(1)
    return this.#startServer('processor', '127.0.0.1', port)
  }

  async stop(): Promise<void> {
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) await end()
  }

  async #startGroup(group: readonly string[]): Promise<void> {
    const brokers = group.filter((name) => name.startsWith('kafka-'))
    if (brokers.length > 0) await this.#startKafka(brokers)
    for (const name of group.filter((one) => !brokers.includes(one))) {
      if (name === 'registry') await this.#startRegistry()
      else if (name === 'web') await this.#startWeb()
      else if (name === 'processor') await Promise.all(Array.from({ length: this.#replicas(name) }, () => this.startProcessor()))
      else if (name === 'api') await this.#startApis()
      else await this.#runOnce(name)
    }
  }

  async #startKafka(names: readonly string[]): Promise<void> {
    const { packages, directory } = this.#options
    const settings = await this.#settingsByImage(names[0] ?? '')
    const kafka = await LocalKafka.start({
      classPath: packages.kafka,
      directory: join(directory, 'brokers'),
      brokers: names.length,
      settings,
    })
    this.#ends.push(() => kafka.stop())
    for (const [at, name] of names.entries()) {
      const [address = '', brokerAddress = ''] = [kafka.addresses[at], kafka.brokerAddresses[at]]
      this.#here.set(`${name}:9092`, address).set(`${name}:9094`, brokerAddress)
      await this.#healthy(name, { 9092: address })
    }
  }

  /** The image's own program turns its environment into Kafka's settings, and formats a directory with them. */
  async #settingsByImage(name: string): Promise<Readonly<Record<string, string>>> {
    const { packages, directory } = this.#options
    const [defaults, mounted, final] = ['default', 'mounted', 'final'].map((part) => join(directory, 'image', part))
    for (const part of [defaults, mounted, final]) await mkdir(part ?? '', { recursive: true })
    const folders = ['--default-configs-dir', defaults ?? '', '--mounted-configs-dir', mounted ?? '', '--final-configs-dir', final ?? '']
    await runTool(
      await findJava(JAVA_VERSION),
      ['-cp', packages.kafka, 'kafka.docker.KafkaDockerWrapper', 'setup', ...folders],
      directory,
      { ...this.environment(name), KAFKA_LOG_DIRS: join(directory, 'image', 'data') },
    )
    const lines = (await readFile(join(final ?? '', 'server.properties'), 'utf8')).split('\n').filter((line) => line.includes('='))
    const settings = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
    return Object.fromEntries(settings.filter(([key]) => !PLACES.includes(key)))
  }

  async #startRegistry(): Promise<void> {
    const { packages, directory } = this.#options
    const registry = await LocalRegistry.start({ jar: packages.registry, directory, environment: this.environment('registry') })
    this.#ends.push(() => registry.stop())
    this.#here.set('registry:8080', new URL(registry.url).host)
    await this.#healthy('registry', { 9000: `127.0.0.1:${registry.managementPort}` })
  }

  /** All at one port, each at an address of its own, under one name: as replicas are for nginx. */
  async #startApis(): Promise<void> {
    const [port = 0] = await freePorts(1)
    const addresses = Array.from({ length: this.#replicas('api') }, (_, at) => `127.0.0.${at + 2}`)
    await Promise.all(addresses.map((address) => this.#startServer('api', address, port)))
    this.apis.push(...addresses.map((address) => `http://${address}:${port}`))
    const names = await NameServer.listen(addresses)
    this.#ends.push(() => names.close())
    this.#here.set('resolver 127.0.0.11', `resolver 127.0.0.1:${names.port}`).set('http://api:8080', `http://api:${port}`)
  }

  async #startWeb(): Promise<void> {
    const { files, directory, pageDirectory } = this.#options
    const [port = 0] = await freePorts(1)
    await chmod(directory, 0o755) // its workers may be another user
    this.#here.set('listen 8181', `listen 127.0.0.1:${port}`).set('/usr/share/nginx/html', pageDirectory).set('/tmp/', `${directory}/`)
    const configuration = join(directory, 'nginx.conf')
    await writeFile(configuration, this.#translated(await readFile(join(files, 'nginx.conf'), 'utf8')))
    this.#spawn('web', 'nginx', ['-e', 'stderr', '-c', configuration, '-g', 'daemon off;'])
    this.url = `http://127.0.0.1:${port}`
    await this.#healthy('web', { 8181: `127.0.0.1:${port}` })
  }

  async #startServer(name: string, host: string, port: number): Promise<PlainProcess> {
    const process = this.#node(name, { BOB_HOST: host, BOB_PORT: String(port) })
    await this.#healthy(name, { 8080: `${host}:${port}` }, process)
    return process
  }

  async #runOnce(name: string): Promise<void> {
    const process = this.#node(name, {})
    if ((await process.ended) !== 0) throw new Error(`${name} failed: ${process.output}`)
  }

  #node(name: string, environment: Readonly<Record<string, string>>): PlainProcess {
    const args = (this.service(name).command ?? []).map((arg) => this.#translated(arg))
    return this.#spawn(name, process.execPath, args, { ...this.environment(name), ...environment })
  }

  #spawn(name: string, program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): PlainProcess {
    const process = new PlainProcess({ program, args, environment, logFile: join(this.#options.directory, `${name}.log`) })
    this.processes.set(name, [...(this.processes.get(name) ?? []), process])
    this.#ends.push(() => process.end('SIGTERM'))
    return process
  }

  /** Runs the service's own health check until it is content. `ports`: where the container's ports are here. */
  async #healthy(name: string, ports: Readonly<Record<number, string>>, process?: PlainProcess): Promise<void> {
    const [kind, program = '', ...args] = this.service(name).healthcheck?.test ?? []
    if (kind !== 'CMD') throw new RangeError(`${name} has no health check that is a command.`)
    const here = args.map((arg) =>
      arg.replaceAll(/127\.0\.0\.1([:/])(\d+)/g, (_, separator: string, port) => (ports[Number(port)] ?? '').replace(':', separator)),
    )
    const giveUpAt = performance.now() + HEALTH_MS
    for (;;) {
      if (process?.isRunning === false) throw new Error(`${name} ended: ${process.output}`)
      try {
        await runTool(program, here)
        return
      } catch (error) {
        if (performance.now() > giveUpAt) throw error
        await new Promise((resolve) => setTimeout(resolve, HEALTH_POLL_MS))
      }
    }
  }

  #replicas(name: string): number {
    return this.service(name).deploy?.replicas ?? 1
  }

  #translated(text: string): string {
    const names = [...this.#here.keys()].map((name) => name.replaceAll('.', '\\.'))
    return text.replaceAll(new RegExp(names.join('|'), 'g'), (name) => this.#here.get(name) ?? name)
  }
}
