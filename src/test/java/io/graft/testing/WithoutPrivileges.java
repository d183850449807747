package io.graft.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import java.util.concurrent.Callable;

/**
 * Runs code that permissions of files bind. They do not bind root, so on Linux a thread of root
 * gives up CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH for that time; see capabilities(7).
 */
public final class WithoutPrivileges {

  private static final int VERSION_3 = 0x20080522;
  private static final int DAC_OVERRIDE_AND_READ_SEARCH = 1 << 1 | 1 << 2;

  private WithoutPrivileges() {}

  /** Runs code on this thread. Threads that it starts have no privileges either. */
  public static <T> T call(Callable<T> code) throws Exception {
    if (!System.getProperty("os.name").startsWith("Linux")
        || !"root".equals(System.getProperty("user.name"))) {
      return code.call();
    }
    // struct __user_cap_header_struct, and two of __user_cap_data_struct: effective, permitted,
    // inheritable.
    Memory header = new Memory(8);
    header.setInt(0, VERSION_3);
    header.setInt(4, 0);
    Memory data = new Memory(24);
    assumeTrue(invoke("capget", header, data) == 0, "capget fails");
    int effective = data.getInt(0);
    data.setInt(0, effective & ~DAC_OVERRIDE_AND_READ_SEARCH);
    assumeTrue(invoke("capset", header, data) == 0, "capset fails");
    try {
      return code.call();
    } finally {
      data.setInt(0, effective);
      // With the privileges still permitted, this cannot fail.
      invoke("capset", header, data);
    }
  }

  private static int invoke(String name, Memory header, Memory data) {
    return Function.getFunction("c", name).invokeInt(new Object[] {header, data});
  }
}
