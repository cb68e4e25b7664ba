import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of the brokers. */
    kafka: readonly string[]
  }
}

/** Of the brokers that were started for this run of the tests. */
export function kafkaAddresses(): readonly string[] {
  return inject('kafka')
}
