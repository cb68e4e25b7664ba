import { describe, expect, it } from 'vitest'
import { FatalBrokerError } from '../errors.ts'
import { addressName, parseAddress } from './address.ts'

describe('20.C15 The address of a broker', () => {
  it.each([
    ['localhost:9092', { host: 'localhost', port: 9092 }],
    ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
    ['[::1]:9092', { host: '::1', port: 9092 }],
    ['[2001:db8::7]:65535', { host: '2001:db8::7', port: 65_535 }],
    ['[fe80::1%eth0]:9092', { host: 'fe80::1%eth0', port: 9092 }],
  ])('%s is read, and printed as it was', (text, address) => {
    expect(parseAddress(text)).toEqual(address)
    expect(addressName(address)).toBe(text)
  })

  it('may be surrounded by white space', () => {
    expect(parseAddress(' kafka-1:9092\n')).toEqual({ host: 'kafka-1', port: 9092 })
  })

  it.each([
    '',
    'localhost',
    ':9092',
    'localhost:',
    '::1:9092',
    '::1',
    '[::1]',
    '[]:9092',
    '[localhost]:1',
    'a:0',
    'a:65536',
    'a:1x',
    'http://a:1',
    'a b:1',
  ])('"%s" is refused with advice', (text) => {
    expect(() => parseAddress(text)).toThrow(FatalBrokerError)
    expect(() => parseAddress(text)).toThrow(/write host:port, and an IPv6 address in brackets/)
  })
})
