import { join } from 'node:path'
import { z } from 'zod'

/** What a bank in one process is started with. */
export interface Configuration {
  /** Absolute, or relative to the project. */
  readonly dataDirectory: string
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly instances: number
  readonly mode: 'development' | 'production'
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly employee: { readonly username: string; readonly password: string }
}

/** Something in flags or environment cannot be right; the message is one sentence for whoever typed it. */
export class ConfigurationError extends Error {}

const schema = z.object({
  dataDirectory: z.string().min(1, 'the data directory needs a name'),
  host: z.string().min(1, 'the host needs a name'),
  port: z.coerce.number('the port is a number').int('the port is a whole number').min(0).max(65_535, 'ports go up to 65535'),
  instances: z.coerce
    .number('the number of instances is a number')
    .int('the number of instances is whole')
    .min(1, 'at least one instance has to run')
    .max(32, 'more than 32 instances in one process help nobody'),
  mode: z.enum(['development', 'production'], 'the mode is development or production'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'the log level is debug, info, warn, error or silent'),
  employee: z.object({
    username: z.string().min(8, 'the employee’s name has at least 8 characters'),
    password: z.string().min(8, 'the employee’s password has at least 8 characters'),
  }),
})

/** Flags come before the environment, the environment before the defaults. Throws `ConfigurationError`. */
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
      password: environment.BOB_EMPLOYEE_PASSWORD ?? 'open-sesame',
    },
  })
  if (!parsed.success) throw new ConfigurationError(`${parsed.error.issues.map(({ message }) => message).join('; ')}.`)
  return parsed.data
}

/** `60s`, `5m`, `1h`, `500ms` in milliseconds. Throws `ConfigurationError`. */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? []
  if (amount === undefined || unit === undefined)
    throw new ConfigurationError(`"${text}" is no duration: write it like 500ms, 60s, 5m or 1h.`)
  return Number(amount) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit as 'ms' | 's' | 'm' | 'h']
}
