package io.graft.recipe;

import io.graft.runtime.InvalidOptionException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;

/** Reads, replaces and checks components of option records. */
final class Components {

  private Components() {}

  static Object get(Record options, RecordComponent component) {
    try {
      return component.getAccessor().invoke(options);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("Cannot read the option " + component.getName(), e);
    }
  }

  /**
   * Returns a copy of a record with another value of one component.
   *
   * @param name the name of the component
   * @throws InvalidOptionException if the record's constructor refuses the value
   */
  @SuppressWarnings("unchecked")
  static <R extends Record> R with(R options, String name, Object value) {
    RecordComponent[] components = options.getClass().getRecordComponents();
    if (Arrays.stream(components).noneMatch(each -> each.getName().equals(name))) {
      throw new IllegalArgumentException("No option " + name + " in " + options);
    }
    Object[] values =
        Arrays.stream(components)
            .map(each -> each.getName().equals(name) ? value : get(options, each))
            .toArray();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return (R) options.getClass().getDeclaredConstructor(types).newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException refused) {
        throw refused;
      }
      throw new LinkageError("Cannot change the option " + name, e);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("Cannot change the option " + name, e);
    }
  }

  /**
   * Checks a value.
   *
   * @param expected a description of the valid values, such as "a positive number, such as 1"
   * @throws InvalidOptionException if it is not valid
   */
  static void require(boolean valid, String name, Object value, String expected) {
    if (!valid) {
      throw new InvalidOptionException(name + " is " + value + ": expected " + expected + ".");
    }
  }
}
