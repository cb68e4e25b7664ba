import type { Broker } from '../broker.ts'

export interface BrokerUnderTest {
  readonly broker: Broker
  /** Lets time pass for the broker. */
  advance(delayMs: number): Promise<void>
  close(): Promise<void>
}
