package io.graft.image.input;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.graft.image.InputView;
import io.graft.image.RgbImage;
import io.graft.image.codec.JpegFile;
import java.nio.Buffer;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * The memory outside of the heap in which one image at a time is read and decoded. It is used again
 * for the next image, so that images leave no garbage. What a large image needed is freed with it.
 */
final class Workspace implements AutoCloseable {

  /** The most bytes that each of the two buffers keeps: many photographs of a camera fit. */
  private static final int KEPT_BYTES = 8 << 20;

  /** The most pixels of an image after which the C library keeps its memory. */
  private static final long KEPT_PIXELS = 1 << 24;

  /** The size of the C structure {@code graft_view}: eleven integers and three floats. */
  private static final int VIEW_BYTES = 14 * 4;

  private static final ConcurrentLinkedDeque<Workspace> FREE = new ConcurrentLinkedDeque<>();

  private final Room file = new Room();
  private final Room pixels = new Room();
  private final Room views = new Room();

  /** The C library's memory; 0 if there is none. */
  private long images = NativeImages.create();

  private boolean large;

  private Workspace() {}

  /** Takes a workspace that nobody else uses. Needs the C library. */
  static Workspace take() {
    Workspace free = FREE.poll();
    return free == null ? new Workspace() : free;
  }

  /** Memory of a changing size. */
  private static final class Room {

    private Memory memory;
    private ByteBuffer buffer;

    /** Returns an empty buffer for this many bytes, in native order. The last one is invalid. */
    ByteBuffer of(int bytes) {
      if (memory == null || memory.size() < bytes) {
        free();
        long size = bytes <= KEPT_BYTES ? Math.max(4096, Long.highestOneBit(bytes) * 2L) : bytes;
        memory = new Memory(Math.min(size, Math.max(bytes, KEPT_BYTES)));
        buffer = memory.getByteBuffer(0, memory.size());
      }
      return buffer.clear().limit(bytes);
    }

    boolean isLarge() {
      return memory != null && memory.size() > KEPT_BYTES;
    }

    void free() {
      if (memory != null) {
        buffer = null;
        memory.close();
        memory = null;
      }
    }
  }

  /** Returns a direct buffer for a file of this many bytes. It is valid until this is closed. */
  ByteBuffer file(int bytes) {
    return file.of(bytes);
  }

  /** Returns a direct buffer for pixels, which is valid until this is closed. */
  ByteBuffer pixels(int bytes) {
    return pixels.of(bytes);
  }

  /**
   * Decodes views of a JPEG file. The destination's position advances by them.
   *
   * @param file a file whose content is in a direct buffer
   * @param eighths the size at which it is decoded, 8 for all pixels
   * @return whether it did; if not, the bytes from the destination's position on are undefined
   */
  boolean write(JpegFile file, int eighths, List<InputView> all, ByteBuffer destination) {
    int bytes = requireRoom(all, destination);
    large |= (long) file.width() * file.height() > KEPT_PIXELS;
    boolean written =
        images != 0
            && put(all)
            && NativeImages.jpeg(
                images,
                file,
                address(file.content()),
                eighths,
                address(views.buffer),
                all.size(),
                address(destination) + destination.position());
    destination.position(destination.position() + (written ? bytes : 0));
    return written;
  }

  /** Makes views of an upright image, like {@link #write(JpegFile, int, List, ByteBuffer)}. */
  boolean write(RgbImage image, List<InputView> all, ByteBuffer destination) {
    int bytes = requireRoom(all, destination);
    if (images == 0 || !put(all)) {
      return false;
    }
    pixels.of(image.pixels().length).put(image.pixels());
    boolean written =
        NativeImages.pixels(
            images,
            address(pixels.buffer),
            image.width(),
            image.height(),
            address(views.buffer),
            all.size(),
            address(destination) + destination.position());
    destination.position(destination.position() + (written ? bytes : 0));
    return written;
  }

  /**
   * Returns the bytes of all views. The library knows only an address: it would write beyond a
   * buffer that is too small.
   */
  private static int requireRoom(List<InputView> all, ByteBuffer destination) {
    long bytes = 0;
    for (InputView view : all) {
      bytes += 3L * view.width() * view.height();
    }
    if (destination.isReadOnly()) {
      throw new ReadOnlyBufferException();
    } else if (bytes > destination.remaining()) {
      throw new BufferOverflowException();
    }
    return (int) bytes;
  }

  /** Writes the views for the library. Returns false if a number is too large for it. */
  private boolean put(List<InputView> all) {
    ByteBuffer to = views.of(all.size() * VIEW_BYTES);
    for (InputView view : all) {
      if (Math.max(view.resizedWidth(), view.resizedHeight()) > Integer.MAX_VALUE) {
        return false;
      }
      to.putInt(view.boxLeft()).putInt(view.boxTop());
      to.putInt(view.boxWidth()).putInt(view.boxHeight());
      to.putInt((int) view.resizedWidth()).putInt((int) view.resizedHeight());
      to.putInt((int) view.left()).putInt((int) view.top());
      to.putInt(view.width()).putInt(view.height());
      to.putInt(view.flipped() ? 1 : 0);
      to.putFloat(view.brightness()).putFloat(view.contrast()).putFloat(view.saturation());
    }
    return true;
  }

  private static long address(Buffer buffer) {
    return Pointer.nativeValue(Native.getDirectBufferPointer(buffer));
  }

  /** Gives the workspace to the next image. */
  @Override
  public void close() {
    if (file.isLarge()) {
      file.free();
    }
    if (pixels.isLarge()) {
      pixels.free();
    }
    if (large) {
      NativeImages.free(images);
      images = NativeImages.create();
      large = false;
    }
    FREE.push(this);
  }
}
