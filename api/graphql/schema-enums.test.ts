import { assertEnumType, buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { SCHEMA_TEXT } from '../generated/schema-text.ts'
import { nodeKind } from './node-kind.ts'
import { TRANSFER_STEP_NAMES, transferStepName } from './transfer-steps.ts'

const schema = buildSchema(SCHEMA_TEXT)
const valuesOf = (name: string): readonly string[] =>
  assertEnumType(schema.getType(name))
    .getValues()
    .map(({ name: value }) => value)

describe('An enum of the schema', () => {
  it('has exactly the steps that the saga stores', () => {
    expect(valuesOf('TransferStepName').toSorted()).toEqual(Object.values(TRANSFER_STEP_NAMES).toSorted())
  })

  it('has exactly the kinds of nodes of a topology', () => {
    expect(valuesOf('NodeKind')).toEqual((['source', 'processor', 'sink'] as const).map(nodeKind))
  })

  it('refuses a step that it does not have', () => {
    expect(() => transferStepName('MoneyBurnt')).toThrow('Transfer step "MoneyBurnt" has no TransferStepName')
    expect(() => transferStepName('toString')).toThrow('toString')
  })
})
