/** Generated from api/schema.graphql by api/generate-schema-text.ts: do not edit. */
export const SCHEMA_TEXT = `"Euro cents as a decimal string, because amounts can exceed 2^53."
scalar Cents
"Milliseconds since the epoch."
scalar Timestamp

enum Direction {
  DEBIT
  CREDIT
}
enum TransferState {
  PENDING
  COMPLETED
  FAILED
  "The payer was debited, but neither the credit nor the return succeeded. An employee has to resolve it."
  STUCK
}
"Each step is an event of the transfer or of one of its accounts, except TRANSFER_STUCK, which has no event."
enum TransferStepName {
  TRANSFER_STARTED
  MONEY_DEBITED
  MONEY_CREDITED
  MONEY_RETURNED
  TRANSFER_COMPLETED
  TRANSFER_FAILED
  TRANSFER_STUCK
}
enum Role {
  CLIENT
  EMPLOYEE
}
enum WindowSize {
  MINUTE
  HOUR
  DAY
}
enum AlertKind {
  BALANCE_BELOW
  AMOUNT_ABOVE
  COUNTERPARTY_NEW
  MANY_DEBITS
}
enum InstanceState {
  STARTING
  REBALANCING
  RESTORING
  RUNNING
  STOPPED
  DEAD
}
enum TaskState {
  RESTORING
  RUNNING
  "An error ended the last opening or transaction; the task is opened again after a pause, or when what it needs is available."
  WAITING
  "It has work and has committed nothing for the stall timeout."
  STALLED
  STANDBY
}
enum NodeKind {
  SOURCE
  PROCESSOR
  SINK
}

type Query {
  me: Session
  transaction(id: ID!): Transaction
  "Newest first. \`before\`: the id of a transaction; only older ones are returned (paging)."
  transactions(iban: String!, last: Int = 10, before: ID): [Transaction!]!
  "The last transaction of each account, newest first, paged by account. Employees only."
  lastTransactions(search: String, first: Int = 20, offset: Int = 0): LastTransactionPage!
  account(iban: String!): Account
  myAccounts(first: Int = 100, offset: Int = 0): [Account!]!
  balanceAt(iban: String!, at: Timestamp!): Cents
  "A page of the transactions with from ≤ time ≤ to, oldest first. \`after\`: the id of the last row of the page before."
  statement(iban: String!, from: Timestamp!, to: Timestamp!, first: Int = 200, after: ID): Statement!
  "Without \`iban\`: of the whole bank (employees only)."
  turnover(iban: String, window: WindowSize!, last: Int = 24): [TurnoverWindow!]!
  transfer(id: ID!): Transfer
  stuckTransfers(first: Int = 100, offset: Int = 0): [Transfer!]!
  lateTransfers(first: Int = 100, offset: Int = 0): [Transfer!]!
  "Newest first, without the newest \`offset\`."
  deadLetters(last: Int = 50, offset: Int = 0): [DeadLetter!]!
  topology: TopologyGraph!
  instances: [Instance!]!
  rebalances(last: Int = 50, offset: Int = 0): [Rebalance!]!
}

type Mutation {
  signUp(username: String!, password: String!): SignInResult!
  signIn(username: String!, password: String!): SignInResult!
  signOut: Boolean!
  "\`id\` (a UUID chosen by the client) makes a retry safe: the same id returns the same account. Without an id, each request opens a new account."
  openAccount(id: ID): AccountResult!
  addOwner(iban: String!, username: String!): CommandResult!
  removeOwner(iban: String!): CommandResult!
  "\`id\` (a UUID chosen by the client) makes a retry safe: the same id returns the outcome of the first request."
  transfer(id: ID!, from: String!, to: String!, amount: Cents!, description: String!): TransferResult!
  deposit(id: ID!, to: String!, amount: Cents!): TransferResult!
  updateAlertSettings(iban: String!, settings: AlertSettingsInput!): CommandResult!
  "Employees only, and only where instances run inside the API's process. The same holds for stopInstance and killInstance."
  addInstance: Instance!
  stopInstance(id: ID!): Boolean!
  killInstance(id: ID!): Boolean!
}

type Subscription {
  "The newest transactions (or those after the id \`after\`), then each new one, without gaps or duplicates."
  transactions(
    iban: String!
    minAmount: Cents
    maxAmount: Cents
    direction: Direction
    descriptionIncludes: String
    last: Int = 10
    after: ID
  ): Transaction!
  "The transfer after each step, until it has ended. Waits for a transfer that does not exist yet."
  transfer(id: ID!): Transfer!
  "The last day's alerts, then each new one. Clients get those of their own accounts, employees all."
  alerts: Alert!
  lastTransactions(search: String): LastTransaction!
  topologyMetrics: TopologyMetrics!
  instances: [Instance!]!
}

type Session {
  username: String!
  role: Role!
}
type SignInResult {
  "Null: the sign-in or sign-up was refused."
  session: Session
  reason: String
}
type CommandResult {
  succeeded: Boolean!
  "No outcome arrived in time. The command has not failed and may still be carried out."
  pending: Boolean!
  "Why it was refused, for people."
  reason: String
  "Why it was refused, stable, for programs."
  code: String
}
"As CommandResult."
type AccountResult {
  account: Account
  pending: Boolean!
  reason: String
  code: String
}
"As CommandResult. The transfer can be followed by its id while it is pending."
type TransferResult {
  transfer: Transfer
  pending: Boolean!
  reason: String
  code: String
}

type Transaction {
  id: ID!
  iban: String!
  "Always positive; the direction says whether it was debited or credited."
  amount: Cents!
  direction: Direction!
  newBalance: Cents!
  changedBy: String!
  counterparty: String!
  description: String!
  time: Timestamp!
  transferId: ID
  "Position in the account's history, from 1 without gaps."
  sequence: Int!
}

type Account {
  iban: String!
  balance: Cents!
  limit: Cents!
  owners: [String!]!
  alertSettings: AlertSettings
  lastTransaction: Transaction
}
type AlertSettings {
  balanceBelow: Cents
  amountAbove: Cents
  counterpartyNew: Boolean!
  debitsInFiveMinutes: Int
}
input AlertSettingsInput {
  balanceBelow: Cents
  amountAbove: Cents
  counterpartyNew: Boolean! = false
  debitsInFiveMinutes: Int
}
type Alert {
  id: ID!
  iban: String!
  kind: AlertKind!
  text: String!
  transaction: Transaction!
  time: Timestamp!
}
type LastTransactionPage {
  total: Int!
  rows: [LastTransaction!]!
}
type LastTransaction {
  iban: String!
  owners: [String!]!
  transaction: Transaction
}
type Statement {
  iban: String!
  "Before the first row of the page."
  openingBalance: Cents!
  "After the last row of the page."
  closingBalance: Cents!
  rows: [Transaction!]!
  hasMore: Boolean!
}
type TurnoverWindow {
  start: Timestamp!
  end: Timestamp!
  debits: Cents!
  credits: Cents!
  count: Int!
}

type Transfer {
  id: ID!
  from: String!
  to: String!
  amount: Cents!
  description: String!
  state: TransferState!
  reason: String
  code: String
  startedAt: Timestamp!
  endedAt: Timestamp
  "The steps taken so far, oldest first."
  steps: [TransferStep!]!
}
type TransferStep {
  name: TransferStepName!
  time: Timestamp!
}

"A record that a task could not process, or that cannot be read."
type DeadLetter {
  id: ID!
  topic: String!
  partition: Int!
  offset: Float!
  reason: String!
  time: Timestamp!
  key: String
}

type TopologyGraph {
  "The topology as text, in the format of Kafka's Topology#describe."
  description: String!
  subtopologies: [Subtopology!]!
}
type Subtopology {
  id: Int!
  nodes: [GraphNode!]!
}
type GraphNode {
  id: ID!
  name: String!
  kind: NodeKind!
  topics: [String!]!
  stores: [String!]!
  "Ids of the nodes that this node forwards to."
  children: [ID!]!
}
type TopologyMetrics {
  time: Timestamp!
  nodes: [NodeMetrics!]!
  transfersPerSecond: Float!
  "Latency of this API process's commands over the last 10 to 20 seconds, from command to outcome. Null: there was no outcome."
  p50Ms: Float
  p99Ms: Float
  "Records that are not processed yet, also where no instance owns the task: end offset minus committed offset of every input partition."
  lag: Int!
  "Whether all accounts, clearing and cash add up to zero. Null: not known yet."
  booksBalanced: Boolean
}
type NodeMetrics {
  id: ID!
  recordsPerSecond: Float!
  lag: Int!
}
type Instance {
  id: ID!
  state: InstanceState!
  "Whether it does its work: it runs, and none of its tasks waits or is stalled."
  healthy: Boolean!
  "Why it is not healthy, one line each."
  problems: [String!]!
  tasks: [Task!]!
}
type Task {
  id: String!
  state: TaskState!
  "Why it waits or is stalled."
  reason: String
  "The record that is being processed: topic-partition@offset."
  record: String
  since: Timestamp
  lag: Int!
}
type Rebalance {
  time: Timestamp!
  generation: Int!
  reason: String!
  "Ids of the tasks that moved."
  moved: [String!]!
}
`
