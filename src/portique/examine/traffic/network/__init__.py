"""IP packets to conversations: fragments, streams put in order, who talks to whom."""
