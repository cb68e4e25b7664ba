import { join } from 'node:path'
import { z } from 'zod'
import { ConfigurationError } from './configuration-error.ts'
import { DEVELOPMENT_PASSWORD, requireStrongPassword } from './production-secrets.ts'

/** The configuration of a bank in one process. */
export interface Configuration {
  /** Absolute, or relative to the working directory. */
  readonly dataDirectory: string
  readonly host: string
  /** 0 means any free port. */
  readonly port: number
  readonly instances: number
  readonly mode: 'development' | 'production'
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly employee: { readonly username: string; readonly password: string }
}

const PORT = 'the port (--port, BOB_PORT) must be a whole number from 0 to 65535'
const INSTANCES = 'the number of instances (--instances, BOB_INSTANCES) must be a whole number from 1 to 32'

const schema = z.object({
  dataDirectory: z.string().min(1, 'the data directory (--data, BOB_DATA) must not be empty'),
  host: z.string().min(1, 'the host (BOB_HOST) must not be empty'),
  port: z.coerce.number(PORT).int(PORT).min(0, PORT).max(65_535, PORT),
  instances: z.coerce.number(INSTANCES).int(INSTANCES).min(1, INSTANCES).max(32, INSTANCES),
  mode: z.enum(['development', 'production'], 'the mode (BOB_MODE) must be development or production'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'the log level (BOB_LOG) must be debug, info, warn, error or silent'),
  employee: z.object({
    username: z.string().min(8, 'the employee’s name (BOB_EMPLOYEE) must have at least 8 characters'),
    password: z.string().min(8, 'the employee’s password (BOB_EMPLOYEE_PASSWORD) must have at least 8 characters'),
  }),
})

/** Flags override the environment, and the environment overrides the defaults. Throws `ConfigurationError`. */
export function readConfiguration(
  flags: { readonly data?: string; readonly port?: string; readonly instances?: string },
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Configuration {
  const parsed = schema.safeParse({
    dataDirectory: flags.data ?? environment.BOB_DATA ?? join(process.cwd(), 'data', 'bank'),
    host: environment.BOB_HOST ?? '127.0.0.1',
    port: flags.port ?? environment.BOB_PORT ?? 8181,
    instances: flags.instances ?? environment.BOB_INSTANCES ?? 3,
    mode: environment.BOB_MODE ?? 'development',
    logLevel: environment.BOB_LOG ?? 'warn',
    employee: {
      username: environment.BOB_EMPLOYEE ?? 'employee',
      password: environment.BOB_EMPLOYEE_PASSWORD ?? DEVELOPMENT_PASSWORD,
    },
  })
  if (!parsed.success) throw new ConfigurationError(`${[...new Set(parsed.error.issues.map(({ message }) => message))].join('; ')}.`)
  if (parsed.data.mode === 'production') requireStrongPassword(environment.BOB_EMPLOYEE_PASSWORD)
  return parsed.data
}

/** Parses `500ms`, `60s`, `5m` or `1h` to milliseconds. Throws `ConfigurationError`. */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? []
  if (amount === undefined || unit === undefined)
    throw new ConfigurationError(`"${text}" is not a duration. Write it like 500ms, 60s, 5m or 1h.`)
  return Number(amount) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit as 'ms' | 's' | 'm' | 'h']
}
