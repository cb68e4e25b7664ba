import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { freePorts } from './free-ports.ts'
import { JavaProcess } from './java-process.ts'
import { findJava, SMALL_JVM_FLAGS } from './java.ts'

export interface LocalRegistryOptions {
  /** The registry's runnable jar. */
  readonly jar: string
  /** Directory of its log. */
  readonly directory: string
  /** Its settings. Default: schemas are kept in memory, and compatibility is BACKWARD. */
  readonly environment?: Readonly<Record<string, string>>
  /** Default: any free port. */
  readonly port?: number
}

const JAVA_VERSION = 21
const BACKWARD_COMPATIBILITY = { APICURIO_RULES_GLOBAL_COMPATIBILITY: 'BACKWARD' }

/** An Apicurio registry as a process of this machine. */
export class LocalRegistry {
  /** Base URL of its API that is compatible with Confluent's. */
  readonly url: string
  /** Port of its health endpoints. */
  readonly managementPort: number
  readonly #process: JavaProcess

  private constructor(url: string, managementPort: number, process: JavaProcess) {
    this.url = url
    this.managementPort = managementPort
    this.#process = process
  }

  /** Resolves when the registry has started. Throws `MissingToolError`. */
  static async start({ jar, directory, port, environment = BACKWARD_COMPATIBILITY }: LocalRegistryOptions): Promise<LocalRegistry> {
    const java = await findJava(JAVA_VERSION)
    const [free = 0, management = 0] = await freePorts(2)
    await mkdir(directory, { recursive: true })
    const chosen = String(port ?? free)
    const process = await JavaProcess.start({
      java,
      environment,
      args: [
        '-Xmx512m',
        ...SMALL_JVM_FLAGS,
        '-Dquarkus.http.host=127.0.0.1',
        '-Dquarkus.management.host=127.0.0.1',
        `-Dquarkus.http.port=${chosen}`,
        `-Dquarkus.management.port=${management}`,
        '-jar',
        jar,
      ],
      directory: dirname(jar),
      logFile: join(directory, 'registry.log'),
      readyLines: [/Installed features/],
    })
    const url = `http://127.0.0.1:${chosen}/apis/ccompat/v7`
    return new LocalRegistry(url, management, process)
  }

  async stop(): Promise<void> {
    await this.#process.stop()
  }
}
