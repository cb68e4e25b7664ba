import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from './free-ports.ts'
import { JavaProcess } from './java-process.ts'
import { findJava, SMALL_JVM_FLAGS } from './java.ts'
import { runTool } from './run-tool.ts'
import { controllerProperties, serverProperties } from './server-properties.ts'

export interface LocalKafkaOptions {
  /** Class path of Apache Kafka. */
  readonly classPath: string
  /** Data, logs and settings of the brokers; the next start finds its data here. */
  readonly directory: string
  readonly brokers: number
  /** Where the brokers listen for clients, an IPv6 address in brackets. Default 127.0.0.1. */
  readonly host?: string
  /** Port of the first broker; the others use the ports after it. Default: any free ports. */
  readonly port?: number
  /** Port of a proxy in front of each broker. The broker advertises it, and listens for the proxy on a free port. */
  readonly proxies?: readonly number[]
  /** Further settings by their Kafka names; the listeners are CLIENT, BROKER, CONTROLLER and PROXY. */
  readonly settings?: Readonly<Record<string, string>>
}

const JAVA_VERSION = 17
const JVM = ['-Xms256m', '-Xmx512m', ...SMALL_JVM_FLAGS]
const LOGGING = `appenders=stdout
appender.stdout.type=Console
appender.stdout.name=STDOUT
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=%d %p %c %m%n
rootLogger.level=INFO
rootLogger.appenderRefs=stdout
rootLogger.appenderRef.stdout.ref=STDOUT
`

/** Brokers of Apache Kafka as processes of this machine, in KRaft mode. */
export class LocalKafka {
  readonly #brokers: readonly LocalBroker[]

  private constructor(brokers: readonly LocalBroker[]) {
    this.#brokers = brokers
  }

  /** Resolves when all brokers have started. Throws `MissingToolError`. */
  static async start(options: LocalKafkaOptions): Promise<LocalKafka> {
    const { classPath, directory, brokers: count, host = '127.0.0.1', proxies, settings } = options
    const java = await findJava(JAVA_VERSION)
    await mkdir(directory, { recursive: true })
    const logging = join(directory, 'log4j2.properties')
    await writeFile(logging, LOGGING)
    const cluster = await clusterId(directory)
    const free = await freePorts(4 * count)
    const ports = Array.from({ length: count }, (_, at) => (options.port === undefined ? (free[at] ?? 0) : options.port + at))
    const controllers = free.slice(count, 2 * count)
    const brokerPorts = free.slice(3 * count)
    const voters = controllers.map((port, at) => `${at + 1}@127.0.0.1:${port}`)
    const brokers: LocalBroker[] = []
    for (const [at, port] of ports.entries()) {
      const home = join(directory, `broker-${at + 1}`)
      await mkdir(home, { recursive: true })
      const properties = join(home, 'server.properties')
      const data = join(home, 'data')
      const advertised = proxies?.[at]
      const proxied = advertised === undefined ? undefined : { port: free[2 * count + at] ?? 0, advertised }
      const options = {
        nodeId: at + 1,
        host,
        port,
        brokerPort: brokerPorts[at] ?? 0,
        controllerPort: controllers[at] ?? 0,
        voters,
        dataDirectory: data,
        ...(proxied && { proxied }),
        ...(settings && { settings }),
      }
      const controllerFile = join(home, 'controller.properties')
      await writeFile(properties, serverProperties(options))
      await writeFile(controllerFile, controllerProperties(options))
      if (!existsSync(join(data, 'meta.properties')))
        await runTool(java, [...JVM, '-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', cluster, '-c', properties])
      const controllerOnly = count === 1 ? controllerFile : undefined
      const { brokerPort } = options
      const proxiedPort = proxied?.port
      brokers.push(new LocalBroker({ java, classPath, home, properties, controllerOnly, logging, host, port, brokerPort, proxiedPort }))
    }
    const kafka = new LocalKafka(brokers)
    try {
      await Promise.all(brokers.map((broker) => broker.start()))
      return kafka
    } catch (error) {
      await kafka.stop()
      throw error
    }
  }

  /** `host:port` of each broker's listener for clients. */
  get addresses(): readonly string[] {
    return this.#brokers.map(({ address }) => address)
  }

  /** `host:port` of each broker's listener for brokers and administrators. */
  get brokerAddresses(): readonly string[] {
    return this.#brokers.map(({ brokerAddress }) => brokerAddress)
  }

  get brokers(): readonly LocalBroker[] {
    return this.#brokers
  }

  async stop(): Promise<void> {
    await Promise.all(this.#brokers.map((broker) => broker.stop()))
  }
}

interface LocalBrokerOptions {
  readonly java: string
  readonly classPath: string
  readonly home: string
  readonly properties: string
  /** Settings that run the node as a controller only; undefined when there are other controllers. */
  readonly controllerOnly: string | undefined
  readonly logging: string
  readonly host: string
  readonly port: number
  readonly brokerPort: number
  readonly proxiedPort: number | undefined
}

class LocalBroker {
  readonly #options: LocalBrokerOptions
  #port: number
  #process: JavaProcess | undefined
  #wasKilled = false

  constructor(options: LocalBrokerOptions) {
    this.#options = options
    this.#port = options.port
  }

  get address(): string {
    return `${this.#options.host}:${this.#port}`
  }

  get port(): number {
    return this.#port
  }

  get brokerAddress(): string {
    return `127.0.0.1:${this.#options.brokerPort}`
  }

  /** Port on which it listens for its proxy. */
  get proxiedPort(): number | undefined {
    return this.#options.proxiedPort
  }

  /** Moves its listener for clients to another port, as of its next start. */
  async moveTo(port: number): Promise<void> {
    const { host, properties } = this.#options
    const settings = await readFile(properties, 'utf8')
    await writeFile(properties, settings.replaceAll(`CLIENT://${this.address}`, `CLIENT://${host}:${port}`))
    this.#port = port
  }

  /** Also restarts a broker that was killed. */
  async start(): Promise<void> {
    const { controllerOnly, properties } = this.#options
    if (this.#wasKilled && controllerOnly !== undefined) await this.#fenceOldRegistration(controllerOnly)
    this.#wasKilled = false
    this.#process = await this.#run(properties, [/Kafka Server started/])
  }

  async stop(): Promise<void> {
    await this.#process?.stop()
  }

  async kill(): Promise<void> {
    this.#wasKilled = true
    await this.#process?.kill()
  }

  pause(): void {
    this.#process?.pause()
  }

  resume(): void {
    this.#process?.resume()
  }

  /**
   * A lone node that restarts within its old broker session still counts as leader, until that session expires and its partitions have no
   * leader for a moment. Transactions that end just then get no markers and hang forever. So the node first runs as a controller only, until
   * it has fenced the old registration, as a controller on another machine would (DECISIONS 63).
   */
  async #fenceOldRegistration(controllerOnly: string): Promise<void> {
    const controller = await this.#run(controllerOnly, [/Fencing broker \d+ at epoch/, /Replayed BrokerRegistrationChangeRecord/])
    await controller.stop()
  }

  #run(properties: string, readyLines: readonly RegExp[]): Promise<JavaProcess> {
    const { java, classPath, home, logging } = this.#options
    return JavaProcess.start({
      java,
      args: [...JVM, `-Dlog4j2.configurationFile=${logging}`, '-cp', classPath, 'kafka.Kafka', properties],
      directory: home,
      logFile: join(home, 'broker.log'),
      readyLines,
    })
  }
}

/** The cluster id, 16 bytes in Base64, generated at the first start. */
async function clusterId(directory: string): Promise<string> {
  const file = join(directory, 'cluster-id')
  if (existsSync(file)) return readFile(file, 'utf8')
  let id = randomBytes(16).toString('base64url')
  while (id.startsWith('-')) id = randomBytes(16).toString('base64url') // the format tool would read it as an option
  await writeFile(file, id)
  return id
}
