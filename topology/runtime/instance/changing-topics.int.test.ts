import { faultyBroker, noFaults } from '../../broker/index.ts'
import { systemPorts } from '../../system-ports.ts'
import { memoryBroker } from '../../testing/memory-broker.ts'
import { describeChangingTopics } from '../testing/changing-topics.contract.ts'

const ports = systemPorts()
const openBroker = () => memoryBroker(ports)

describeChangingTopics('the embedded broker', { openBroker })

describeChangingTopics('a faulty broker', {
  openBroker,
  seenByInstance: (broker) =>
    faultyBroker({
      target: () => broker,
      profile: { ...noFaults(), enabled: true, delay: 0.25, maxDelayMs: 5, lostRequest: 0.01, lostAnswer: 0.01 },
      random: ports.random,
      timers: ports.timers,
    }),
})
