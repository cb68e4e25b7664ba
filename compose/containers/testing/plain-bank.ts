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
  /** Directory of the compose files. */
  readonly files: string
  readonly packages: Packages
  readonly directory: string
  readonly pageDirectory: string
}

const JAVA_VERSION = 17
const HEALTH_POLL_MS = 200
const HEALTH_TIMEOUT_MS = 120_000
/** Kafka settings for addresses and paths, which differ on this machine. */
const LOCAL_SETTINGS = [
  'listeners',
  'advertised.listeners',
  'controller.quorum.voters',
  'log.dirs',
  'node.id',
  'process.roles',
  'heap.opts',
  'log4j.opts',
]

/**
 * Runs the services of the compose files as processes of this machine, with their start order, settings, commands, credentials and health
 * checks. Only addresses and paths are replaced.
 */
export class PlainBank {
  /** Groups of services in start order. */
  readonly started: (readonly string[])[] = []
  /** The processes of each service, including one-shot services that have ended. */
  readonly processes = new Map<string, PlainProcess[]>()
  /** URL of the page. */
  url = ''
  readonly apis: string[] = []
  readonly #options: PlainBankOptions
  /** Addresses and paths in the files, and their replacements on this machine. */
  readonly #replacements = new Map<string, string>()
  readonly #cleanups: (() => Promise<void>)[] = []

  private constructor(options: PlainBankOptions) {
    this.#options = options
    for (const [name, { file }] of Object.entries(options.composition.secrets ?? {})) this.#replacements.set(`/run/secrets/${name}`, file)
    this.#replacements.set('/data', join(options.directory, 'state'))
  }

  /** Resolves when all services are healthy or completed. */
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
    if (service === undefined) throw new RangeError(`The compose files have no service ${name}.`)
    return service
  }

  /** The service's environment, with addresses and paths of this machine. */
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
    for (let cleanup = this.#cleanups.pop(); cleanup !== undefined; cleanup = this.#cleanups.pop()) await cleanup()
  }

  async #startGroup(group: readonly string[]): Promise<void> {
    const brokers = group.filter((name) => name.startsWith('kafka-'))
    if (brokers.length > 0) await this.#startKafka(brokers)
    for (const name of group.filter((service) => !brokers.includes(service))) {
      if (name === 'registry') await this.#startRegistry()
      else if (name === 'web') await this.#startWeb()
      else if (name === 'processor') await Promise.all(Array.from({ length: this.#replicas(name) }, () => this.startProcessor()))
      else if (name === 'api') await this.#startApis()
      else await this.#runOnce(name)
    }
  }

  async #startKafka(names: readonly string[]): Promise<void> {
    const { packages, directory } = this.#options
    const settings = await this.#imageSettings(names[0] ?? '')
    const kafka = await LocalKafka.start({
      classPath: packages.kafka,
      directory: join(directory, 'brokers'),
      brokers: names.length,
      settings,
    })
    this.#cleanups.push(() => kafka.stop())
    for (const [at, name] of names.entries()) {
      const [address = '', brokerAddress = ''] = [kafka.addresses[at], kafka.brokerAddresses[at]]
      this.#replacements.set(`${name}:9092`, address).set(`${name}:9094`, brokerAddress)
      await this.#healthy(name, { 9092: address })
    }
  }

  /** Kafka's settings as the image's own program derives them from its environment. */
  async #imageSettings(name: string): Promise<Readonly<Record<string, string>>> {
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
    return Object.fromEntries(settings.filter(([key]) => !LOCAL_SETTINGS.includes(key)))
  }

  async #startRegistry(): Promise<void> {
    const { packages, directory } = this.#options
    const registry = await LocalRegistry.start({ jar: packages.registry, directory, environment: this.environment('registry') })
    this.#cleanups.push(() => registry.stop())
    this.#replacements.set('registry:8080', new URL(registry.url).host)
    await this.#healthy('registry', { 9000: `127.0.0.1:${registry.managementPort}` })
  }

  /** Replicas share a port and a DNS name, and have an address each, as nginx sees them in containers. */
  async #startApis(): Promise<void> {
    const [port = 0] = await freePorts(1)
    const addresses = Array.from({ length: this.#replicas('api') }, (_, at) => `127.0.0.${at + 2}`)
    await Promise.all(addresses.map((address) => this.#startServer('api', address, port)))
    this.apis.push(...addresses.map((address) => `http://${address}:${port}`))
    const names = await NameServer.listen(addresses)
    this.#cleanups.push(() => names.close())
    this.#replacements.set('resolver 127.0.0.11', `resolver 127.0.0.1:${names.port}`).set('http://api:8080', `http://api:${port}`)
  }

  async #startWeb(): Promise<void> {
    const { files, directory, pageDirectory } = this.#options
    const [port = 0] = await freePorts(1)
    await chmod(directory, 0o755) // nginx workers may run as another user
    this.#replacements
      .set('listen 8181', `listen 127.0.0.1:${port}`)
      .set('/usr/share/nginx/html', pageDirectory)
      .set('/tmp/', `${directory}/`)
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
    if ((await process.ended) !== 0) throw new Error(`Service ${name} failed: ${process.output}`)
  }

  #node(name: string, environment: Readonly<Record<string, string>>): PlainProcess {
    const args = (this.service(name).command ?? []).map((arg) => this.#translated(arg))
    return this.#spawn(name, process.execPath, args, { ...this.environment(name), ...environment })
  }

  #spawn(name: string, program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): PlainProcess {
    const process = new PlainProcess({ program, args, environment, logFile: join(this.#options.directory, `${name}.log`) })
    this.processes.set(name, [...(this.processes.get(name) ?? []), process])
    this.#cleanups.push(() => process.end('SIGTERM'))
    return process
  }

  /** Runs the service's own health check until it passes. `addresses`: this machine's address for each port of the container. */
  async #healthy(name: string, addresses: Readonly<Record<number, string>>, process?: PlainProcess): Promise<void> {
    const [kind, program = '', ...args] = this.service(name).healthcheck?.test ?? []
    if (kind !== 'CMD') throw new RangeError(`Service ${name} has no health check of type CMD.`)
    const localArgs = args.map((arg) =>
      arg.replaceAll(/127\.0\.0\.1([:/])(\d+)/g, (_, separator: string, port) => (addresses[Number(port)] ?? '').replace(':', separator)),
    )
    const deadline = performance.now() + HEALTH_TIMEOUT_MS
    for (;;) {
      if (process?.isRunning === false) throw new Error(`Service ${name} ended before it was healthy: ${process.output}`)
      try {
        await runTool(program, localArgs)
        return
      } catch (error) {
        if (performance.now() > deadline) throw error
        await new Promise((resolve) => setTimeout(resolve, HEALTH_POLL_MS))
      }
    }
  }

  #replicas(name: string): number {
    return this.service(name).deploy?.replicas ?? 1
  }

  #translated(text: string): string {
    const names = [...this.#replacements.keys()].map((name) => name.replaceAll('.', '\\.'))
    return text.replaceAll(new RegExp(names.join('|'), 'g'), (name) => this.#replacements.get(name) ?? name)
  }
}
