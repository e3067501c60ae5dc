"""What a density's field can be trained for, one objective a file."""
