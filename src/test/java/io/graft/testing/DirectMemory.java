package io.graft.testing;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/** Memory outside the Java heap. */
public final class DirectMemory {

  private DirectMemory() {}

  /** The bytes of all direct buffers that were made and are not freed yet. */
  public static long bytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getTotalCapacity)
        .sum();
  }
}
