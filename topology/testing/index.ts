/**
 * Support for tests. `TopologyTestDriver` runs a topology record by record with production tasks, stores and transactions; it is also
 * meant for applications. `runConformance` replays recorded behaviour of Kafka Streams and reports differences. `runSimulation` runs
 * an application on a virtual clock under faults derived from a seed. `memoryBroker` is the embedded broker in memory, `override`
 * replaces some members of an object, and `manualPorts` has a clock that moves only on request.
 */
export { TopologyTestDriver } from './test-driver/topology-test-driver.ts'
export type { TestDriverOptions } from './test-driver/topology-test-driver.ts'
export type { PipeOptions, TestInput } from './test-driver/test-input.ts'
export type { TestOutput } from './test-driver/test-output.ts'
export type { TestRecord } from './test-driver/test-record.ts'
export type { TestSerdes } from './test-driver/test-serdes.ts'
export { memoryBroker } from './memory-broker.ts'
export { override } from './override.ts'
export { silentLogger } from './silent-logger.ts'
export { TestLog } from './test-log.ts'
export { manualPorts } from './manual-ports.ts'
export type { ManualPorts } from './manual-ports.ts'
export { OWN_VECTORS, runConformance } from './conformance/run-conformance.ts'
export type { ConformanceOptions } from './conformance/run-conformance.ts'
export { mutationNames, runSimulation } from './simulator/run-simulation.ts'
export type { SimulationOptions } from './simulator/run-simulation.ts'
export { simulate } from './simulator/simulate.ts'
export type { SeedResult } from './simulator/simulate.ts'
export { ledgerScenario } from './simulator/ledger-scenario.ts'
export type { LogRecord, Logs, Scenario, Stimulus } from './simulator/scenario.ts'
export { measureBareLoop } from '../broker/kafka/testing/bare-loop.ts'
