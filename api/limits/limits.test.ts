import { describe, expect, it } from 'vitest'
import { apiLimits } from './api-limits.ts'
import { networkOf } from './network-of.ts'
import { Quota } from './quota.ts'

describe('21.1 Limits', () => {
  it.each([64, 256, 1_024, 4_096, 20_000, 1_048_576, Number.POSITIVE_INFINITY])(
    'leave descriptors for the broker when a process may open %d files',
    (openFiles) => {
      const limits = apiLimits(openFiles, false)
      if (openFiles >= 1_024) expect(limits.connections).toBeLessThanOrEqual((openFiles - 256) / 2)
      expect(limits.connections).toBeGreaterThanOrEqual(32)
      expect(limits.connections).toBeLessThanOrEqual(8_192)
      expect(limits.streams).toBeLessThan(limits.connections)
      expect(limits.connectionsPerAddress).toBeLessThan(limits.connections)
      expect(limits.streamsPerAddress).toBeLessThan(limits.streams)
    },
  )

  it('do not bound the connections of a proxy as those of one caller', () => {
    const { connections, connectionsPerAddress } = apiLimits(1_024, true)
    expect(connectionsPerAddress).toBe(connections)
  })

  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8:0:12::1', '2001:db8:0:12::/64'],
    ['2001:db8:0:12:ffff:ffff:ffff:ffff', '2001:db8:0:12::/64'],
    ['2001:0db8::0012', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('count %s as %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})

describe('21.1 A quota', () => {
  it('bounds what is in use in all and per key, and forgets keys that are not in use', () => {
    const quota = new Quota(3, 2)
    const [first, second, third] = [quota.take('a'), quota.take('a'), quota.take('a')]
    expect([typeof first, typeof second, third]).toEqual(['function', 'function', undefined])
    expect(typeof quota.take('b')).toBe('function')
    expect(quota.take('c')).toBeUndefined()
    first?.()
    first?.()
    expect(quota.inUse).toBe(2)
    expect(typeof quota.take('a')).toBe('function')
    expect(quota.take('a')).toBeUndefined()
  })
})
