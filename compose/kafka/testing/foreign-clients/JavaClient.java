import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own client, for tests. `write ADDRESSES RECORDS TOPIC=CODEC…` writes to each topic a committed transaction, an aborted one and another
 * committed one; `read ADDRESSES TOPIC…` prints every committed record as a line: topic, offset, timestamp type, timestamp, key, value, headers.
 */
public class JavaClient {
    public static void main(String[] args) {
        if (args[0].equals("write")) {
            for (String target : List.of(args).subList(3, args.length)) {
                String[] topicAndCodec = target.split("=");
                write(args[1], Integer.parseInt(args[2]), topicAndCodec[0], topicAndCodec[1]);
            }
        } else {
            read(args[1], List.of(args).subList(2, args.length));
        }
    }

    private static void write(String addresses, int records, String topic, String codec) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", addresses);
        settings.put("compression.type", codec);
        settings.put("transactional.id", topic + "-java");
        settings.put("linger.ms", "1000");
        settings.put("batch.size", "200000");
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            transaction(producer, topic, 0, records, true);
            transaction(producer, topic, 1_000_000, records, false);
            transaction(producer, topic, records, records, true);
        }
    }

    private static void transaction(KafkaProducer<byte[], byte[]> producer, String topic, int first, int records, boolean commits) {
        producer.beginTransaction();
        for (int n = first; n < first + records; n++) {
            byte[] key = n % 7 == 3 ? null : utf8("key-" + n);
            byte[] value = n % 11 == 5 ? null : utf8(("value " + n + " ").repeat(1 + n % 5));
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, 0, 1_700_000_000_000L + n, key, value);
            if (n % 3 == 0) record.headers().add(new RecordHeader("n", utf8("" + n))).add(new RecordHeader("nothing", (byte[]) null));
            producer.send(record);
        }
        producer.flush();
        if (commits) producer.commitTransaction();
        else producer.abortTransaction();
    }

    private static void read(String addresses, List<String> topics) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", addresses);
        settings.put("isolation.level", "read_committed");
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (String topic : topics) partitions.add(new TopicPartition(topic, 0));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofMillis(500)).forEach(record -> {
                    StringBuilder headers = new StringBuilder();
                    record.headers().forEach(header -> headers.append(header.key()).append('=').append(text(header.value())).append(';'));
                    System.out.println(String.join("\t", record.topic(), "" + record.offset(), "" + record.timestampType(),
                        "" + record.timestamp(), text(record.key()), text(record.value()), headers));
                });
            }
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
    }
}
