package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.data.LabeledImage;
import io.graft.image.codec.ImageDecoder;
import io.graft.image.codec.ImageFormat;
import io.graft.runtime.Progress;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks which rows depend on the decoder of their images. */
final class DecoderRowsTest {

  @TempDir private Path folder;

  private static byte[] sha256(byte[]... parts) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (byte[] part : parts) {
      digest.update(part);
    }
    return digest.digest();
  }

  /** Copies a resource to a file whose name says nothing about its format. */
  private Path copy(String resource, String name) throws Exception {
    try (InputStream stream = DecoderRowsTest.class.getResourceAsStream(resource)) {
      return Files.write(folder.resolve(name), stream.readAllBytes());
    }
  }

  @Test
  void rowsOfWebpAndTiffDependOnTheDecoderAndRowsOfJpegAndPngDoNot() throws Exception {
    List<Path> files =
        List.of(
            copy("/golden/formats/rgb_444.jpg", "0"),
            copy("/golden/formats/rgb.png", "1"),
            copy("/golden/formats/palette.gif", "2"),
            copy("/codecs/lossy_75.webp", "3.jpg"),
            copy("/codecs/lab.tif", "4"));
    List<Optional<ImageFormat>> keyed =
        List.of(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(ImageFormat.WEBP),
            Optional.of(ImageFormat.TIFF));
    // Digests are kept only for files older than the resolution of the file system's clock.
    Thread.sleep(2100);
    List<LabeledImage> images = files.stream().map(file -> new LabeledImage(file, 0)).toList();
    for (FeatureCache cache :
        List.of(FeatureCache.at(folder.resolve("cache")), FeatureCache.off())) {
      // The second time, the digests and formats come from the cache.
      for (int time = 0; time < 2; time++) {
        ImageDigests digests = ImageDigests.of(images, cache, Progress.NONE);
        for (int i = 0; i < files.size(); i++) {
          byte[] content = sha256(Files.readAllBytes(files.get(i)));
          byte[] expected = content;
          if (keyed.get(i).isPresent()) {
            String decoder = "decoder " + ImageDecoder.decoderOf(keyed.get(i).get());
            expected = sha256(content, decoder.getBytes(StandardCharsets.UTF_8));
          }
          ByteBuffer actual = ByteBuffer.allocate(DigestIndex.DIGEST_BYTES);
          digests.distinct().get(digests.position(i), actual);
          assertThat(actual.array()).as(files.get(i).toString()).isEqualTo(expected);
        }
      }
    }
  }
}
