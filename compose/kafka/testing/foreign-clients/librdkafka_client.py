"""librdkafka, for tests. `write ADDRESSES RECORDS TOPIC=CODEC...` writes to each topic a committed transaction, an aborted one and another
committed one; `read ADDRESSES TOPIC...` prints every committed record as a line: topic, offset, timestamp type, timestamp, key, value, headers."""

import sys

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, Producer, TopicPartition


def write(addresses, records, topic, codec):
    producer = Producer(
        {
            "bootstrap.servers": addresses,
            "compression.type": codec,
            "transactional.id": topic + "-librdkafka",
            "linger.ms": 1000,
            "batch.num.messages": 10000,
        }
    )
    producer.init_transactions(60)
    transaction(producer, topic, 0, records, True)
    transaction(producer, topic, 1_000_000, records, False)
    transaction(producer, topic, records, records, True)


def transaction(producer, topic, first, records, commits):
    producer.begin_transaction()
    for n in range(first, first + records):
        key = None if n % 7 == 3 else f"key-{n}"
        value = None if n % 11 == 5 else f"value {n} " * (1 + n % 5)
        headers = [("n", str(n)), ("nothing", None)] if n % 3 == 0 else None
        producer.produce(topic, value, key, partition=0, timestamp=1_700_000_000_000 + n, headers=headers)
    producer.flush(60)
    if commits:
        producer.commit_transaction(60)
    else:
        producer.abort_transaction(60)


def read(addresses, topics):
    for topic in topics:
        consumer = Consumer(
            {
                "bootstrap.servers": addresses,
                "group.id": "librdkafka",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )
        consumer.assign([TopicPartition(topic, 0, 0)])
        while True:
            record = consumer.poll(60)
            if record is None:
                sys.exit(f"{topic}-0 was not read to its end within 60 s")
            if record.error():
                if record.error().name() == "_PARTITION_EOF":
                    break
                sys.exit(str(record.error()))
            kind, timestamp = record.timestamp()
            name = "LogAppendTime" if kind == TIMESTAMP_LOG_APPEND_TIME else "CreateTime"
            headers = "".join(f"{key}={text(value)};" for key, value in record.headers() or [])
            print(topic, record.offset(), name, timestamp, text(record.key()), text(record.value()), headers, sep="\t")
        consumer.close()


def text(value):
    return "null" if value is None else value.decode()


command, addresses, *rest = sys.argv[1:]
if command == "write":
    for target in rest[1:]:
        write(addresses, int(rest[0]), *target.split("="))
else:
    read(addresses, rest)
