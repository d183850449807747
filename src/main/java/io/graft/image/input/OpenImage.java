package io.graft.image.input;

import io.graft.image.Augmentation;
import io.graft.image.BadImageException;
import io.graft.image.Decode;
import io.graft.image.InputView;
import io.graft.image.RgbImage;
import io.graft.image.codec.ImageDecoder;
import io.graft.image.codec.JpegFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The content of one image file, of which views are made. One thread may use it, and must close it.
 */
public final class OpenImage implements AutoCloseable {

  /**
   * The bytes of the heap for each pixel: three of the image, and three of a copy, while it is
   * turned, converted or handed to the C library.
   */
  private static final int HEAP_BYTES_PER_PIXEL = 6;

  private final InputImages inputs;
  private final List<Drawn> drawn = new ArrayList<>(1);

  /** The memory outside of the heap; null without the C library, and after the end. */
  private Workspace workspace;

  /** The file; null after the end, because others then use its memory. */
  private ByteBuffer content;

  private DecodingMemory.Reserved memory = DecodingMemory.NONE;
  private boolean alone;

  /** A view that was asked for. */
  private record Drawn(Augmentation augmentation, long random) {}

  OpenImage(InputImages inputs) {
    this.inputs = inputs;
    this.workspace = NativeImages.isPresent() ? Workspace.take() : null;
  }

  /** Returns an empty buffer for a file's content. */
  ByteBuffer buffer(int bytes) {
    if (bytes > DecodingMemory.LARGE_FILE_BYTES && !alone) {
      memory = DecodingMemory.all();
      alone = true;
    }
    return workspace == null ? ByteBuffer.allocate(bytes) : workspace.file(bytes);
  }

  OpenImage with(ByteBuffer whole) {
    content = whole;
    return this;
  }

  /** Returns the bytes of the file, from position 0 to the limit, until this is closed. */
  public ByteBuffer content() {
    return content.duplicate().rewind();
  }

  /**
   * Asks for a view.
   *
   * @param random the seed of the view: the same seed gives the same view on every machine
   */
  public void add(Augmentation augmentation, long random) {
    drawn.add(new Drawn(augmentation, random));
  }

  /**
   * Writes all views that were asked for at the buffer's position, which advances by them.
   *
   * @param destination the buffer for uint8 HWC RGB, shape (views, height, width, 3); the C library
   *     writes into direct buffers only
   * @throws BadImageException if the file cannot be decoded; the rest of the buffer is undefined
   */
  public void write(ByteBuffer destination) throws BadImageException {
    if (!writeNatively(destination)) {
      writeByJava(destination);
    }
  }

  /** Writes the views by the C library alone. Returns false if it does not decode the file. */
  boolean writeNatively(ByteBuffer destination) {
    Optional<JpegFile> usual = usualJpeg();
    if (workspace == null
        || !destination.isDirect()
        || !content.isDirect()
        || usual.isEmpty()
        || (long) usual.get().width() * usual.get().height() > inputs.maxPixels()) {
      return false;
    }
    JpegFile file = usual.get();
    List<InputView> views = views(uprightWidth(file), uprightHeight(file));
    reserve(NativeMemory.bytes(file, views));
    return inputs.spec().decode() == Decode.FAST
        ? writeFast(file, views, destination)
        : workspace.write(file, NativeImages.FULL_SIZE, views, destination);
  }

  /**
   * Writes each view from the smallest decoded size that suffices for it, so that its bytes do not
   * depend on the views that are written with it.
   */
  private boolean writeFast(JpegFile file, List<InputView> views, ByteBuffer destination) {
    int bytes = inputs.spec().bytes();
    int start = destination.position();
    for (int eighths = 1; eighths <= NativeImages.FULL_SIZE; eighths *= 2) {
      List<InputView> some = new ArrayList<>(views.size());
      for (InputView view : views) {
        if (view.eighths() == eighths) {
          some.add(view);
        }
      }
      if (some.size() == views.size()) {
        return workspace.write(file, eighths, views, destination);
      } else if (some.isEmpty()) {
        continue;
      }
      ByteBuffer part = workspace.pixels(some.size() * bytes);
      if (!workspace.write(file, eighths, some, part)) {
        return false;
      }
      int from = 0;
      for (int view = 0; view < views.size(); view++) {
        if (views.get(view).eighths() == eighths) {
          destination.put(start + view * bytes, part, from, bytes);
          from += bytes;
        }
      }
    }
    destination.position(start + views.size() * bytes);
    return true;
  }

  /** Returns whether fast decoding decodes the plain image at a smaller size. */
  public boolean isLarge() {
    return usualJpeg().map(file -> plain(file).eighths() < NativeImages.FULL_SIZE).orElse(false);
  }

  /** Returns the header of a JPEG file that all decoders decode equally; empty for other files. */
  private Optional<JpegFile> usualJpeg() {
    try {
      return JpegFile.startsIn(content)
          ? Optional.of(JpegFile.parse(content)).filter(JpegFile::decodesEqually)
          : Optional.empty();
    } catch (BadImageException e) {
      return Optional.empty();
    }
  }

  /** Writes the views without the C library's decoder, which shows in no byte. */
  void writeByJava(ByteBuffer destination) throws BadImageException {
    byte[] encoded = ImageDecoder.array(content);
    reserve(2L * encoded.length + HEAP_BYTES_PER_PIXEL * ImageDecoder.pixels(encoded));
    RgbImage image = ImageDecoder.decode(encoded, inputs.maxPixels());
    List<InputView> views = views(image.width(), image.height());
    if (workspace == null
        || !destination.isDirect()
        || !workspace.write(image, views, destination)) {
      for (InputView view : views) {
        view.write(image, destination);
      }
    }
  }

  private static int uprightWidth(JpegFile file) {
    return file.orientation() > 4 ? file.height() : file.width();
  }

  private static int uprightHeight(JpegFile file) {
    return file.orientation() > 4 ? file.width() : file.height();
  }

  private InputView plain(JpegFile file) {
    return InputView.of(
        inputs.spec(), uprightWidth(file), uprightHeight(file), Augmentation.NONE, 0);
  }

  private List<InputView> views(int width, int height) {
    List<InputView> views = new ArrayList<>(drawn.size());
    for (Drawn one : drawn) {
      views.add(InputView.of(inputs.spec(), width, height, one.augmentation(), one.random()));
    }
    return views;
  }

  private void reserve(long bytes) {
    if (!alone) {
      // What is held is given back first, so that no image waits for another that waits for it.
      memory.close();
      memory = DecodingMemory.NONE;
      memory = DecodingMemory.reserve(bytes);
    }
  }

  @Override
  public void close() {
    memory.close();
    memory = DecodingMemory.NONE;
    content = null;
    if (workspace != null) {
      workspace.close();
      workspace = null;
    }
  }
}
