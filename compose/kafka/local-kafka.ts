import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from './free-ports.ts'
import { JavaProcess } from './java-process.ts'
import { findJava, MODEST } from './java.ts'
import { runTool } from './run-tool.ts'
import { controllerProperties, serverProperties } from './server-properties.ts'

export interface LocalKafkaOptions {
  /** Class path of Apache Kafka. */
  readonly classPath: string
  /** Logs and settings of the brokers; used again by the next start. */
  readonly directory: string
  readonly brokers: number
  /** Of the first broker; the others follow. Default: any that are free. */
  readonly port?: number
  /** Of a proxy before each broker. The broker listens for it at another port, one that is free. */
  readonly proxies?: readonly number[]
  /** Further settings by their Kafka names; the listeners are CLIENT, BROKER, CONTROLLER and PROXY. */
  readonly settings?: Readonly<Record<string, string>>
}

const JAVA_VERSION = 17
const JVM = ['-Xms256m', '-Xmx512m', ...MODEST]
const LOGGING = `appenders=stdout
appender.stdout.type=Console
appender.stdout.name=STDOUT
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=%d %p %c %m%n
rootLogger.level=INFO
rootLogger.appenderRefs=stdout
rootLogger.appenderRef.stdout.ref=STDOUT
`

/** One or several brokers of Apache Kafka as processes of this machine, in KRaft mode. */
export class LocalKafka {
  readonly #brokers: readonly LocalBroker[]

  private constructor(brokers: readonly LocalBroker[]) {
    this.#brokers = brokers
  }

  /** Resolves when all brokers answer. Throws `MissingToolError`. */
  static async start(options: LocalKafkaOptions): Promise<LocalKafka> {
    const { classPath, directory, brokers: count, proxies, settings } = options
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
        port,
        brokerPort: brokerPorts[at] ?? 0,
        controllerPort: controllers[at] ?? 0,
        voters,
        dataDirectory: data,
        ...(proxied && { proxied }),
        ...(settings && { settings }),
      }
      const alone = join(home, 'controller.properties')
      await writeFile(properties, serverProperties(options))
      await writeFile(alone, controllerProperties(options))
      if (!existsSync(join(data, 'meta.properties')))
        await runTool(java, [...JVM, '-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', cluster, '-c', properties])
      const asController = count === 1 ? alone : undefined
      const { brokerPort } = options
      const proxiedPort = proxied?.port
      brokers.push(new LocalBroker({ java, classPath, home, properties, asController, logging, port, brokerPort, proxiedPort }))
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

  /** `host:port` of each. */
  get addresses(): readonly string[] {
    return this.#brokers.map(({ address }) => address)
  }

  /** `host:port` where administrators reach each. */
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
  /** Settings of its controller without its broker, where no other controller is. */
  readonly asController: string | undefined
  readonly logging: string
  readonly port: number
  readonly brokerPort: number
  readonly proxiedPort: number | undefined
}

class LocalBroker {
  readonly #options: LocalBrokerOptions
  #process: JavaProcess | undefined
  #wasKilled = false

  constructor(options: LocalBrokerOptions) {
    this.#options = options
  }

  get address(): string {
    return `127.0.0.1:${this.#options.port}`
  }

  get brokerAddress(): string {
    return `127.0.0.1:${this.#options.brokerPort}`
  }

  /** Where it listens for a proxy. */
  get proxiedPort(): number | undefined {
    return this.#options.proxiedPort
  }

  /** Again, too, after it was killed. */
  async start(): Promise<void> {
    const { asController, properties } = this.#options
    if (this.#wasKilled && asController !== undefined) await this.#forgetFormerLife(asController)
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
   * A lone node that comes back within the session of its former life takes itself for the leader that it was, until the session is
   * over and for a moment nobody leads: transactions that are ended in between get no markers and hang for ever. So its controller
   * comes back first, and counts the broker as gone, as one on another machine would.
   */
  async #forgetFormerLife(asController: string): Promise<void> {
    const controller = await this.#run(asController, [/Fencing broker \d+ at epoch/, /Replayed BrokerRegistrationChangeRecord/])
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

/** The cluster's name, 16 bytes in Base64, made once. */
async function clusterId(directory: string): Promise<string> {
  const file = join(directory, 'cluster-id')
  if (existsSync(file)) return readFile(file, 'utf8')
  let id = randomBytes(16).toString('base64url')
  while (id.startsWith('-')) id = randomBytes(16).toString('base64url') // the tool takes it for an option
  await writeFile(file, id)
  return id
}
